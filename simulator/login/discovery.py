"""What an OpenID client reads first: where everything is, and with which key tokens are signed."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.login.addresses import issuer, origin, require_tenant
from simulator.login.refusals import LoginError
from simulator.tenant import Tenant


async def answer_discovery(request: Request) -> Response:
    """GET /{tenant}/v2.0/.well-known/openid-configuration."""
    tenant: Tenant = request.app.state.tenant
    try:
        require_tenant(request, tenant)
    except LoginError as refusal:
        document = {**refusal.document(), "error": "invalid_tenant"}
        return JSONResponse(document, refusal.status)
    base = f"{origin(request)}/{tenant.settings.tenant_id}"
    return JSONResponse(
        {
            "issuer": issuer(request, tenant),
            "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
            "token_endpoint": f"{base}/oauth2/v2.0/token",
            "jwks_uri": f"{base}/discovery/v2.0/keys",
            "end_session_endpoint": f"{base}/oauth2/v2.0/logout",
            "response_modes_supported": ["query"],
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"],
            "claims_supported": ["sub", "iss", "aud", "exp", "iat", "nonce", "oid", "tid", "name", "roles"],
            "tenant_region_scope": "EU",
            "cloud_instance_name": "microsoftonline.com",
        }
    )


async def answer_keys(request: Request) -> Response:
    """GET /{tenant}/discovery/v2.0/keys."""
    tenant: Tenant = request.app.state.tenant
    public = tenant.signing_key.public()
    return JSONResponse({"keys": [{**public, "issuer": issuer(request, tenant)}]})
