"""The directory page: who is in the tenant, how they came, and what is known of them."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from simulator.attributes import LENGTHS, custom_attributes
from simulator.pages.rendering import page
from simulator.refusals import GraphError
from simulator.store import Document
from simulator.tenant import Tenant

_ISSUERS = {"google.com": "Google", "facebook.com": "Facebook", "mail": "one-time passcode"}
_STATES = {"PendingAcceptance": "Waiting to redeem", "Accepted": "Accepted"}
_SHOWN_APART = {"displayName", "mailNickname"}


async def show(request: Request) -> Response:
    """GET /directory, newest first."""
    tenant: Tenant = request.app.state.tenant
    people = [_described(tenant, user) for user in tenant.directory.users()]
    deleted = [_described(tenant, user) for user in tenant.directory.deleted_users()]
    return page(
        request,
        "directory.html",
        people=people[::-1],
        deleted=deleted[::-1],
        groups=list(tenant.directory.groups()),
    )


async def delete(request: Request) -> Response:
    """POST /directory/{id}/delete: to the deleted items."""
    tenant: Tenant = request.app.state.tenant
    try:
        tenant.directory.delete_user(request.path_params["id"])
    except GraphError as refusal:
        return page(request, "directory_gone.html", status=refusal.status)
    return RedirectResponse("/directory", 303)


async def restore(request: Request) -> Response:
    """POST /directory/{id}/restore: back from the deleted items."""
    tenant: Tenant = request.app.state.tenant
    try:
        tenant.directory.restore_user(request.path_params["id"])
    except GraphError as refusal:
        return page(request, "directory_gone.html", status=refusal.status)
    return RedirectResponse("/directory", 303)


def _described(tenant: Tenant, user: Document) -> Document:
    state = user.get("externalUserState")
    return {
        "user": user,
        "came": _came(user),
        "state": _STATES.get(state or "", "Can sign in" if user.get("userType") == "Guest" else "Internal"),
        "is_waiting": state == "PendingAcceptance",
        "groups": [group["displayName"] for group in tenant.directory.groups_of(user["id"])],
        "attributes": _attributes(tenant, user),
    }


def _came(user: Document) -> str:
    if user.get("creationType") == "SelfServiceSignUp":
        return "Signed up by themselves"
    if user.get("creationType") == "Invitation":
        return "Invited"
    issuers = {each.get("issuer") for each in user.get("identities") or []}
    known = [name for issuer, name in _ISSUERS.items() if issuer in issuers]
    return f"Created with their {known[0]} identity" if known else "Created by an administrator"


def _attributes(tenant: Tenant, user: Document) -> list[tuple[str, object]]:
    """Label and value of what was collected."""
    custom = custom_attributes(tenant.settings.extensions_app_id)
    built_in = [(name, user[name]) for name in LENGTHS if name not in _SHOWN_APART and user.get(name)]
    return built_in + [(each.name, user[name]) for name, each in custom.items() if name in user]
