"""The process's one HTTP client, for Graph and for the sign-in service: keep-alive, timeouts, the right certificates.

msal gets it too, so that REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE, which beat what is set at a requests session, do not
decide here.
"""

from __future__ import annotations

import ssl
import threading

import httpx
from django.conf import settings
from django.utils.translation import gettext as _

from approvals.errors import Later, Standstill

CONNECT_SECONDS = 5.0
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)

_lock = threading.Lock()
_client: httpx.Client | None = None
_made_for: tuple[str, float] | None = None


class AnswerLost(Later):
    """The call was sent and no answer came: what it asked for may have been done."""


def http() -> httpx.Client:
    """The client, made at the first use and again when its settings have changed."""
    global _client, _made_for
    wanted = (settings.ENTRA_CA_BUNDLE, settings.GRAPH_TIMEOUT_SECONDS)
    with _lock:
        if _client is None or _made_for != wanted:
            made = _make(*wanted)
            if _client is not None:
                _client.close()
            _client, _made_for = made, wanted
        return _client


def unreachable(error: httpx.RequestError) -> Later:
    """What a failed connection means: AnswerLost unless it is certain that nothing was sent."""
    if isinstance(error, NOT_SENT):
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            reason = _(
                "Microsoft's certificate is not trusted here. Check ENTRA_CA_BUNDLE and any proxy that reads TLS."
            )
            return Later("certificate_untrusted", reason)
        return Later("unreachable", _("Microsoft cannot be reached. Check the network, the proxy and the addresses."))
    return AnswerLost("no_answer", _("Microsoft did not answer in time, or the connection broke."))


def _make(ca_bundle: str, seconds: float) -> httpx.Client:
    return httpx.Client(
        verify=_trusted(ca_bundle),
        timeout=httpx.Timeout(seconds, connect=min(seconds, CONNECT_SECONDS)),
        # A proxy of the environment has no business with this machine's own services.
        mounts={"all://localhost": None, "all://127.0.0.1": None},
        headers={"User-Agent": "Foyer"},
        follow_redirects=False,
    )


def _trusted(ca_bundle: str) -> ssl.SSLContext | bool:
    if not ca_bundle:
        return True
    try:
        return ssl.create_default_context(cafile=ca_bundle)
    except (OSError, ssl.SSLError) as error:
        reason = _("The certificates that ENTRA_CA_BUNDLE names cannot be read. Correct the setting and restart.")
        raise Standstill("ca_bundle_unreadable", reason) from error
