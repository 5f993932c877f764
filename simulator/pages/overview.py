"""The first page: what this is, what to click next, and what went over the wire."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from simulator.pages.rendering import page
from simulator.tenant import Tenant

SHOWN_CALLS = 20


async def show(request: Request) -> Response:
    """GET /."""
    tenant: Tenant = request.app.state.tenant
    users = list(tenant.directory.users())
    return page(
        request,
        "overview.html",
        flows=tenant.flows().flows,
        calls=tenant.connector_calls.entries()[: -SHOWN_CALLS - 1 : -1],
        mails=len(tenant.inbox.mails()),
        guests=len(users),
        pending=sum(user.get("externalUserState") == "PendingAcceptance" for user in users),
        faults=tenant.faults.active(),
        settings=tenant.settings,
    )
