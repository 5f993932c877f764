"""Where a call comes from, as far as we may believe it."""

from __future__ import annotations

from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The caller's IP address: behind TRUSTED_PROXY_COUNT proxies the entry that the outermost of them wrote.

    What stands further left in X-Forwarded-For is the caller's own invention. Without as many entries as there are
    proxies, or with something that is no address, it is the address that connected to us.
    """
    connected: str = request.META.get("REMOTE_ADDR", "")
    proxies: int = settings.TRUSTED_PROXY_COUNT
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if proxies < 1 or len(hops) < proxies:
        return connected
    return _address(hops[-proxies]) or connected


def _address(hop: str) -> str | None:
    """The address of `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` or `[2001:db8::1]:4711`; None for anything else."""
    host = hop.partition("]")[0].removeprefix("[") if hop.startswith("[") else hop
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ip_address(host))
    except ValueError:
        return None
