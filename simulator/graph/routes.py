"""Every call that Graph answers here, with the application permissions that allow it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from simulator.graph import groups, invitations, organization, policies, users
from simulator.graph.messages import GraphAnswer, GraphRequest, refused
from simulator.refusals import GraphError, bad_query, denied, invitation_denied
from simulator.tenant import Tenant

Handler = Callable[..., GraphAnswer]

WRITE_USERS = {"User.ReadWrite.All", "Directory.ReadWrite.All"}
READ_USERS = WRITE_USERS | {"User.Read.All", "Directory.Read.All"}
DELETE_USERS = WRITE_USERS | {"User.DeleteRestore.All"}
INVITE = WRITE_USERS | {"User.Invite.All"}
WRITE_MEMBERS = {"GroupMember.ReadWrite.All", "Group.ReadWrite.All", "Directory.ReadWrite.All"}
READ_GROUPS = WRITE_MEMBERS | {"GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"}
READ_TENANT = {"Organization.Read.All", "Organization.ReadWrite.All", "Directory.Read.All", "Directory.ReadWrite.All"}
READ_POLICIES = {"Policy.Read.All", "Policy.ReadWrite.Authorization"}


@dataclass(frozen=True)
class Route:
    """One method of one path; any one of `permissions` is enough. `cost` is in resource units."""

    method: str
    path: re.Pattern[str]
    handler: Handler
    permissions: frozenset[str]
    cost: int


def _route(line: str, handler: Handler, permissions: set[str], cost: int = 1) -> Route:
    method, _, template = line.partition(" ")
    pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", re.escape(template).replace(r"\{", "{").replace(r"\}", "}"))
    return Route(method, re.compile(pattern), handler, frozenset(permissions), cost)


# The first that fits is taken: literal paths stand before those with an id.
ROUTES = (
    _route("POST /invitations", invitations.create_invitation, INVITE),
    _route("GET /users", users.list_users, READ_USERS, cost=2),
    _route("POST /users", users.create_user, WRITE_USERS),
    _route("GET /users/{user_id}", users.read_user, READ_USERS),
    _route("PATCH /users/{user_id}", users.change_user, WRITE_USERS),
    _route("DELETE /users/{user_id}", users.delete_user, DELETE_USERS),
    _route("GET /directory/deletedItems/microsoft.graph.user", users.list_deleted_users, READ_USERS, cost=2),
    _route("GET /directory/deletedItems/{user_id}", users.read_deleted_user, READ_USERS),
    _route("DELETE /directory/deletedItems/{user_id}", users.purge_user, DELETE_USERS),
    _route("POST /directory/deletedItems/{user_id}/restore", users.restore_user, DELETE_USERS),
    _route("GET /groups", groups.list_groups, READ_GROUPS, cost=2),
    _route("GET /groups/{group_id}", groups.read_group, READ_GROUPS),
    _route("GET /groups/{group_id}/members", groups.list_members, READ_GROUPS, cost=3),
    _route("GET /groups/{group_id}/members/$ref", groups.list_member_references, READ_GROUPS, cost=3),
    _route("POST /groups/{group_id}/members/$ref", groups.add_member, WRITE_MEMBERS),
    _route("DELETE /groups/{group_id}/members/{user_id}/$ref", groups.remove_member, WRITE_MEMBERS),
    _route("GET /organization", organization.read_organization, READ_TENANT),
    _route("GET /policies/authorizationPolicy", policies.read_authorization_policy, READ_POLICIES),
)


def answer(tenant: Tenant, request: GraphRequest) -> GraphAnswer:
    """Do what a request asks, or say why not; every refusal is an answer."""
    try:
        route, ids = _find(request)
        _require_permission(tenant, request, route)
        answered = route.handler(tenant, request, **ids)
    except GraphError as refusal:
        return refused(refusal)
    cost = max(1, route.cost - ("$select" in request.query))
    return GraphAnswer(answered.status, answered.body, {**answered.headers, "x-ms-resource-unit": str(cost)})


def _find(request: GraphRequest) -> tuple[Route, dict[str, str]]:
    fitting = [(route, found) for route in ROUTES if (found := route.path.fullmatch(request.path))]
    for route, found in fitting:
        if route.method == request.method:
            return route, {name: unquote(value) for name, value in found.groupdict().items()}
    if fitting:
        raise GraphError(405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
    raise bad_query(f"Resource not found for the segment '{request.path.strip('/').partition('/')[0]}'.")


def _require_permission(tenant: Tenant, request: GraphRequest, route: Route) -> None:
    held = request.permissions
    fault = tenant.faults.take("missing_permission", request.subject)
    if fault is not None:
        held = held - {str(fault.value)} if fault.value else frozenset()
    if not held & route.permissions:
        raise invitation_denied() if route.handler is invitations.create_invitation else denied()
