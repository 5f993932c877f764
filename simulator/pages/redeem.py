"""Redeeming an invitation: looking changes nothing, accepting does."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from simulator.guests import redeem
from simulator.pages.rendering import page
from simulator.refusals import GraphError
from simulator.store import Document
from simulator.tenant import Tenant


async def show(request: Request) -> Response:
    """GET /redeem/{id}: what the inviting organization will see, and Accept."""
    found = _invited(request)
    if found is None:
        return page(request, "redeem_gone.html", status=404)
    invitation, user = found
    return page(request, "redeem.html", leaves=True, invitation=invitation, user=user)


async def accept(request: Request) -> Response:
    """POST /redeem/{id}: accept, and on to the application; the second time only the latter."""
    found = _invited(request)
    if found is None:
        return page(request, "redeem_gone.html", status=404)
    invitation, user = found
    redeem(request.app.state.tenant.directory, user)
    return RedirectResponse(invitation["inviteRedirectUrl"], 303)


def _invited(request: Request) -> tuple[Document, Document] | None:
    tenant: Tenant = request.app.state.tenant
    invitation = tenant.invitations.get(request.path_params["id"])
    if invitation is None:
        return None
    try:
        return invitation, tenant.directory.user(invitation["invitedUser"]["id"])
    except GraphError:
        return None
