"""The calls to Microsoft Graph: exactly those that making a guest and checking a tenant need.

A refusal is raised as GraphRefused with the permission that the call needs; no answer as AnswerLost; what keeps a call
from being sent at all (the quota, a pause, no token, no connection) as Later or Never.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import structlog

from accounts.graph import quota, tokens
from accounts.graph.connection import http, unreachable
from accounts.graph.errors import GraphRefused, read_refusal
from accounts.graph.payloads import Body, member
from accounts.graph.people import FIELDS, Person, read_person
from accounts.graph.sorting import THROTTLED_CODES
from approvals.applicant import Identity

READ_USERS = "User.Read.All"
WRITE_USERS = "User.ReadWrite.All"
INVITE_USERS = "User.Invite.All"
WRITE_MEMBERS = "GroupMember.ReadWrite.All"
READ_GROUPS = "GroupMember.Read.All"
READ_TENANT = "Organization.Read.All"
READ_POLICIES = "Policy.Read.All"
# Any one of them lets Foyer read the policy; the first is the least.
TO_READ_POLICIES = frozenset({READ_POLICIES, "Policy.ReadWrite.Authorization"})
# An application is no administrator and no guest inviter: these two keep it from inviting, whatever its permissions.
FORBIDDEN_INVITERS = frozenset({"none", "adminsAndGuestInviters"})

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Invitation:
    """What Graph answers to an invitation: the guest's id, and the link with which the person redeems it."""

    user_id: str
    redeem_url: str


def find_by_identity(identity: Identity) -> list[Person]:
    """The users with that external identity: one at most, and none while the list lags behind."""
    wanted = (
        f"identities/any(c:c/issuerAssignedId eq {_quoted(identity.issuer_assigned_id)} "
        f"and c/issuer eq {_quoted(identity.issuer)})"
    )
    return _people("/users", wanted)


def find_by_address(address: str) -> list[Person]:
    """The users with that address, also where a collision has moved it to `otherMails`."""
    text, proxy = _quoted(address), _quoted(f"SMTP:{address}")
    wanted = f"mail eq {text} or otherMails/any(x:x eq {text}) or proxyAddresses/any(x:x eq {proxy})"
    return _people("/users", wanted)


def find_deleted(address: str) -> list[Person]:
    """The deleted users that still hold that address."""
    return _people("/directory/deletedItems/microsoft.graph.user", f"mail eq {_quoted(address)}")


def read_user(user_id: str) -> Person | None:
    """A user; None when there is none, or the replica that answers does not know it yet."""
    return _person(f"/users/{_segment(user_id)}")


def read_deleted(user_id: str) -> Person | None:
    """A deleted user; None when there is none."""
    return _person(f"/directory/deletedItems/{_segment(user_id)}")


def create_guest(body: Body) -> str:
    """Create a guest with an external identity; the object id. The second time it is refused as a conflict."""
    return str(_json("POST", "/users", body=body, permission=WRITE_USERS)["id"])


def invite(body: Body) -> Invitation:
    """Invite a guest. The second time the answer names the same guest, and has another link."""
    answer = _json("POST", "/invitations", body=body, permission=INVITE_USERS)
    return Invitation(str(answer["invitedUser"]["id"]), str(answer.get("inviteRedeemUrl") or ""))


def change_user(user_id: str, body: Body) -> None:
    """Set attributes of a user."""
    _call("PATCH", f"/users/{_segment(user_id)}", body=body, permission=WRITE_USERS)


def add_member(group_id: str, user_id: str) -> None:
    """Put a user into a group. The second time it is refused as "already a member"."""
    path = f"/groups/{_segment(group_id)}/members/$ref"
    _call("POST", path, body=member(base_url(), user_id), permission=WRITE_MEMBERS)


def read_group(group_id: str) -> dict[str, Any]:
    """A group with its name, kind and where it is mastered."""
    fields = {"$select": "id,displayName,groupTypes,onPremisesSyncEnabled"}
    return _json("GET", f"/groups/{_segment(group_id)}", query=fields, permission=READ_GROUPS)


def read_organization() -> dict[str, Any]:
    """The tenant with its verified domains."""
    fields = {"$select": "id,displayName,verifiedDomains"}
    tenants = _json("GET", "/organization", query=fields, permission=READ_TENANT)["value"]
    return dict(tenants[0])


def forbids_invitations() -> bool:
    """Whether the tenant's policy keeps applications from inviting guests."""
    policy = _json("GET", "/policies/authorizationPolicy", permission=READ_POLICIES)
    return policy.get("allowInvitesFrom") in FORBIDDEN_INVITERS


def may_read_policies() -> bool:
    """Whether the token at hand holds a permission for that. Graph is not asked: a refusal would cost a new token."""
    return bool(TO_READ_POLICIES & (tokens.roles_in(tokens.token().value) or frozenset()))


def read_one_user() -> None:
    """Read any one user, to see whether that is allowed."""
    _call("GET", "/users", query={"$select": FIELDS, "$top": "1"}, permission=READ_USERS)


def base_url() -> str:
    """Graph's address with its version."""
    return f"{tokens.graph_origin()}/v1.0"


def _people(path: str, wanted: str) -> list[Person]:
    query = {"$filter": wanted, "$select": FIELDS}
    return [read_person(user) for user in _json("GET", path, query=query, permission=READ_USERS)["value"]]


def _person(path: str) -> Person | None:
    try:
        return read_person(_json("GET", path, query={"$select": FIELDS}, permission=READ_USERS))
    except GraphRefused as refused:
        if refused.is_not_visible:
            return None
        raise


def _json(
    method: str, path: str, *, query: Mapping[str, str] | None = None, body: Body | None = None, permission: str
) -> dict[str, Any]:
    response = _call(method, path, query=query, body=body, permission=permission)
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        # A proxy's page with status 200, or an answer cut short.
        raise GraphRefused(502, permission=permission)
    return document


def _call(
    method: str, path: str, *, query: Mapping[str, str] | None = None, body: Body | None = None, permission: str
) -> httpx.Response:
    """Call Graph, a second time with a new token when the first one is refused or its roles may be out of date."""
    token = tokens.token()
    response = _send(method, path, query, body, token)
    if response.status_code == 401 or (response.status_code == 403 and not token.fresh):
        tokens.drop(token.application)
        token = tokens.token()
        response = _send(method, path, query, body, token)
    if response.is_success:
        return response
    raise _refusal(response, permission, token)


def _refusal(response: httpx.Response, permission: str, token: tokens.Token) -> GraphRefused:
    refused = read_refusal(response.status_code, response.text, response.headers, permission=permission)
    if refused.status in (401, 403):
        # Roles are in the token: consent that is given from now on shall show at the next call.
        tokens.drop(token.application)
    if refused.status == 429 or refused.code in THROTTLED_CODES:
        quota.pause(refused.retry_after)
    return refused


def _send(
    method: str, path: str, query: Mapping[str, str] | None, body: Body | None, token: tokens.Token
) -> httpx.Response:
    quota.wait_for_turn(write=method != "GET")
    call_id, started = str(uuid4()), time.monotonic()
    headers = {"Authorization": f"Bearer {token.value}", "client-request-id": call_id}
    try:
        response = http().request(method, f"{base_url()}{path}", params=query, json=body, headers=headers)
    except httpx.RequestError as error:
        log.warning("graph_no_answer", method=method, path=path, client_request_id=call_id, error=type(error).__name__)
        raise unreachable(error) from error
    log.info(
        "graph_call",
        method=method,
        path=path,  # ids only: filters, which hold addresses, stand in the query
        status=response.status_code,
        client_request_id=call_id,
        request_id=response.headers.get("request-id", ""),
        diagnostic=response.headers.get("x-ms-ags-diagnostic", ""),
        seconds=round(time.monotonic() - started, 3),
    )
    quota.heed(response.headers)
    return response


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _segment(text: str) -> str:
    return quote(str(text), safe="")
