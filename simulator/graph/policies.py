"""The tenant's policy on who may do what, as far as inviting guests goes."""

from __future__ import annotations

from simulator.graph.listing import selected, show
from simulator.graph.messages import GraphAnswer, GraphRequest
from simulator.store import Document
from simulator.tenant import Tenant

GUEST_ROLE = "10dae51f-b6af-4016-8d66-8c2a99b929b3"


def read_authorization_policy(tenant: Tenant, request: GraphRequest) -> GraphAnswer:
    """GET /policies/authorizationPolicy. It forbids invitations while a fault forbids them to everybody."""
    forbidden = tenant.faults.find("invitations_forbidden")
    policy: Document = {
        "id": "authorizationPolicy",
        "displayName": "Authorization Policy",
        "description": "Used to manage authorization related settings across the company.",
        "allowInvitesFrom": "none" if forbidden else "everyone",
        "allowEmailVerifiedUsersToJoinOrganization": True,
        "allowedToSignUpEmailBasedSubscriptions": True,
        "allowedToUseSSPR": True,
        "blockMsolPowerShell": False,
        "guestUserRoleId": GUEST_ROLE,
    }
    chosen = show(policy, selected(request.query, policy))
    return GraphAnswer(200, {"@odata.context": request.context("policies/authorizationPolicy/$entity"), **chosen})
