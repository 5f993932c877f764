"""The tokens we hand out."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import Any

from simulator.store import Document
from simulator.tenant import Tenant

GRAPH = "https://graph.microsoft.com"
LIFETIME = 3599


def application_token(tenant: Tenant, issuer: str) -> str:
    """A Graph token of the application itself; without `roles` when nothing was consented to."""
    claims = _dated(tenant, issuer, GRAPH)
    claims |= {"appid": tenant.settings.client_id, "idtyp": "app", "oid": tenant.settings.client_id}
    roles = sorted(granted_permissions(tenant))
    return tenant.signing_key.sign({**claims, "roles": roles} if roles else claims)


def granted_permissions(tenant: Tenant) -> frozenset[str]:
    """What an administrator has consented to, less what a standing fault takes away."""
    fault = tenant.faults.find("missing_permission")
    if fault is None or fault.count is not None:
        return tenant.settings.permissions
    return tenant.settings.permissions - {str(fault.value)} if fault.value else frozenset()


def person_tokens(tenant: Tenant, issuer: str, person: Document, nonce: str | None) -> Document:
    """The ID token and the delegated access token of a person who signed in."""
    names = {
        "oid": person["id"],
        "name": person["name"],
        "preferred_username": person["userPrincipalName"],
        "sub": _pairwise(person["id"], tenant.settings.client_id),
    }
    id_token = _dated(tenant, issuer, tenant.settings.client_id) | names | _optional(person, nonce)
    access_token = _dated(tenant, issuer, GRAPH) | names
    access_token |= {"appid": tenant.settings.client_id, "idtyp": "user", "scp": "openid profile email"}
    sign = tenant.signing_key.sign
    account = {"uid": person["id"], "utid": tenant.settings.tenant_id}
    return {
        "id_token": sign(id_token),
        "access_token": sign(access_token),
        "client_info": base64.urlsafe_b64encode(json.dumps(account).encode()).decode().rstrip("="),
    }


def _optional(person: Document, nonce: str | None) -> dict[str, Any]:
    # Entra leaves these out when they would be empty.
    optional = {"nonce": nonce, "roles": person["roles"], "groups": person["groups"], "email": person.get("mail")}
    return {name: value for name, value in optional.items() if value}


def _dated(tenant: Tenant, issuer: str, audience: str) -> dict[str, Any]:
    moment = int(time.time())
    return {
        "aud": audience,
        "iss": issuer,
        "iat": moment,
        "nbf": moment,
        "exp": moment + LIFETIME,
        "tid": tenant.settings.tenant_id,
        "ver": "2.0",
    }


def _pairwise(object_id: str, client_id: str) -> str:
    digest = hashlib.sha256(f"{object_id}/{client_id}".encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
