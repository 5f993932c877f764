"""Which application is asking: its id, and its secret or certificate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import jwt
from cryptography import x509

from simulator.login.refusals import LoginError
from simulator.tenant import Tenant

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def authenticate_client(tenant: Tenant, form: Mapping[str, str], token_url: str) -> None:
    """Return when the form proves to be from the registered application; raises LoginError."""
    require_known_client(tenant, form.get("client_id", ""))
    if form.get("client_assertion"):
        _check_assertion(tenant, form, token_url)
    elif form.get("client_secret"):
        _check_secret(tenant, form["client_secret"])
    else:
        raise LoginError(7000218)


def require_known_client(tenant: Tenant, client_id: str) -> None:
    """Return when the application is registered here; raises LoginError."""
    if client_id.lower() != tenant.settings.client_id:
        raise LoginError(700016)


def _check_secret(tenant: Tenant, secret: str) -> None:
    if tenant.faults.take("expired_secret") or tenant.client_secrets.has_expired(secret):
        raise LoginError(7000222)
    if tenant.faults.take("wrong_secret") or not tenant.client_secrets.is_good(secret):
        raise LoginError(7000215)


def _check_assertion(tenant: Tenant, form: Mapping[str, str], token_url: str) -> None:
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise LoginError(700027)
    for certificate in _certificates(tenant.settings.client_certificate):
        if _signed_with(certificate, form["client_assertion"], tenant.settings.client_id, token_url):
            return
    raise LoginError(700027)


def _certificates(path: Path | None) -> list[x509.Certificate]:
    if path is None or not path.exists():
        return []
    return x509.load_pem_x509_certificates(path.read_bytes())


def _signed_with(certificate: x509.Certificate, assertion: str, client_id: str, token_url: str) -> bool:
    try:
        claims = jwt.decode(
            assertion,
            certificate.public_key(),  # type: ignore[arg-type]  # PyJWT refuses key types that it cannot use
            algorithms=["RS256", "PS256"],
            audience=token_url,
            options={"require": ["exp", "iss", "sub"]},
        )
    except (jwt.PyJWTError, TypeError):
        return False
    return bool(claims["iss"].lower() == claims["sub"].lower() == client_id)
