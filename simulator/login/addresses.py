"""The addresses of the sign-in service, as the caller reached it."""

from __future__ import annotations

import re
import uuid

from starlette.requests import Request

from simulator.login.refusals import LoginError
from simulator.tenant import Tenant

_DOMAIN = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")


def origin(request: Request) -> str:
    """`https://host:port` of the request."""
    return f"{request.url.scheme}://{request.url.netloc}"


def issuer(request: Request, tenant: Tenant) -> str:
    """The `iss` of our tokens; it names the tenant by its id."""
    return f"{origin(request)}/{tenant.settings.tenant_id}/v2.0"


def token_url(request: Request) -> str:
    """The token endpoint by the name that the caller used for the tenant."""
    return f"{origin(request)}/{request.path_params['tenant']}/oauth2/v2.0/token"


def require_tenant(request: Request, tenant: Tenant) -> None:
    """Return when the path names this tenant, by id or domain; raises LoginError."""
    named = request.path_params["tenant"].lower()
    if named in {tenant.settings.tenant_id, tenant.settings.tenant_domain}:
        return
    raise LoginError(90002 if _is_guid(named) or _DOMAIN.fullmatch(named) else 900023)


def _is_guid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
