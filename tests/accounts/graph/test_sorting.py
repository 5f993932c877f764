"""Every row of Microsoft's list of refusals, as bodies on the wire: later or never, and with what reason."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from accounts.graph.errors import read_refusal, retry_after
from accounts.graph.sorting import sort
from approvals.errors import Later, Never, Standstill

GUID = "00aa00aa-bb11-cc22-dd33-44ee44ee44ee"
ADDRESS = "john.smith@fabrikam.example"


def body(code: str, message: str, *details: dict[str, Any]) -> str:
    """An error document as Graph writes it."""
    error: dict[str, Any] = {"code": code, "message": message}
    if details:
        error["details"] = list(details)
    error["innerError"] = {"date": "2026-11-22T10:17:06", "request-id": GUID, "client-request-id": GUID}
    return json.dumps({"error": error})


def bad(message: str, *details: dict[str, Any]) -> str:
    """The directory's one code for most causes."""
    return body("Request_BadRequest", message, *details)


def conflict(name: str, *holders: str) -> str:
    """A unique value that another object has."""
    text = f"Another object with the same value for property {name} already exists."
    return bad(
        text,
        {"code": "ObjectConflict", "message": text, "target": name},
        *({"code": "ConflictingObjects", "message": text, "target": holder} for holder in holders),
    )


NEVER = {
    "principal name taken": (400, conflict("userPrincipalName"), "address_taken"),
    "principal name taken, in words only": (
        400,
        bad("Another object with the same value for property userPrincipalName already exists."),
        "address_taken",
    ),
    "principal name taken, as other services say it": (
        409,
        body("Request_MultipleObjectsWithSameKeyValue", "Conflict."),
        "address_taken",
    ),
    "address taken": (400, conflict("proxyAddresses", f"Group_{GUID}"), "address_taken"),
    "identity taken": (400, conflict("identities", f"User_{GUID}"), "address_taken"),
    "something taken": (
        400,
        bad("A conflicting object with one or more of the specified property values is present in the directory."),
        "address_taken",
    ),
    "bad value by detail": (
        400,
        bad("Something.", {"code": "InvalidValue", "message": "", "target": "userPrincipalName"}),
        "value_refused",
    ),
    "bad value in words": (400, bad("Property userPrincipalName is invalid."), "value_refused"),
    "bad value in other words": (
        400,
        bad("Invalid value specified for property 'jobTitle' of resource 'User'."),
        "value_refused",
    ),
    "unknown property": (400, bad("Invalid property 'lastName'."), "value_refused"),
    "extension not available": (
        400,
        bad("The following extension properties are not available: extension_a_X,extension_a_Y."),
        "attribute_unavailable",
    ),
    "internal user": (
        400,
        body(
            "BadRequest",
            f"The invited user already exists in the directory as object ID: {GUID}. They can use that account to sign "
            "in to shared apps and resources.",
        ),
        "internal_account",
    ),
    "internal user, spelled otherwise": (
        400,
        body("BadRequest", f"The invited user already exists in the directory as objectID: {GUID}. They can use that."),
        "internal_account",
    ),
    "internal user, as the portal says it": (
        400,
        body("BadRequest", "Non-external user already exists with the given mail address"),
        "internal_account",
    ),
    "blocked user": (
        400,
        body(
            "BadRequest",
            f"The invited user already exists in the directory as object ID: {GUID}, but the account is blocked from "
            "signing in. If the account is unblocked, they can use that account to sign in to shared apps.",
        ),
        "account_blocked",
    ),
    "own domain": (
        400,
        body(
            "BadRequest",
            "This user cannot be invited because the domain of the user's email address is a verified domain of this "
            "directory.",
        ),
        "own_domain",
    ),
    "group address": (400, body("BadRequest", "Group email address is not supported."), "group_address"),
    "blocked domain": (
        400,
        body("BadRequest", "The domain of the invited user is currently blocked by the invitation policy."),
        "domain_blocked",
    ),
    "cross-tenant access": (
        403,
        body(
            "Forbidden",
            "This invitation is blocked by cross-tenant access settings. Admins in both your organization and the "
            "invited user's organization must configure cross-tenant access settings to allow the invitation.",
        ),
        "cross_tenant_blocked",
    ),
    "invalid address": (400, body("BadRequest", f"The invited user {ADDRESS} is not valid."), "graph_refused"),
    "not found": (404, body("Request_ResourceNotFound", f"Resource '{GUID}' does not exist."), "graph_refused"),
    "storage full": (507, body("", ""), "graph_refused"),
    "not implemented": (501, body("notImplemented", ""), "graph_refused"),
    "refused without a word": (400, "", "graph_refused"),
}

STANDSTILL = {
    "invitations forbidden": (
        403,
        body(
            "Unauthorized",
            "Guest invitations not allowed for your company. Contact your company administrator for more details.",
        ),
        "invitations_forbidden",
    ),
    "permission missing": (
        403,
        body("Authorization_RequestDenied", "Insufficient privileges to complete the operation."),
        "permission_missing",
    ),
    "permission missing, as invitations say it": (
        403,
        body(
            "",
            "Insufficient privileges to perform requested operation by the application "
            "'00000003-0000-0000-c000-000000000000'. ControllerName=MSGraphInviteAPI",
        ),
        "permission_missing",
    ),
    "application unknown": (
        401,
        body("Authorization_IdentityNotFound", "The identity of the calling application could not be established."),
        "application_unknown",
    ),
    "token refused": (401, body("InvalidAuthenticationToken", "Access token has expired."), "token_refused"),
    "directory full": (
        403,
        body("Directory_QuotaExceeded", "The directory object quota limit has been exceeded."),
        "directory_full",
    ),
}

LATER = {
    "throttled": (429, body("TooManyRequests", "Too many requests."), "throttled"),
    "throttled, by another name": (429, body("activityLimitReached", ""), "throttled"),
    "throttled, by code": (400, body("Request_ThrottledTemporarily", ""), "throttled"),
    "internal error": (500, body("InternalServerError", ""), "graph_unavailable"),
    "bad gateway": (502, "<html><body>502 Bad Gateway</body></html>", "graph_unavailable"),
    "unavailable": (503, body("serviceNotAvailable", "Try again later."), "graph_unavailable"),
    "gateway timeout": (504, "", "graph_unavailable"),
    "bandwidth": (509, "", "graph_unavailable"),
    "request timeout": (408, "", "graph_unavailable"),
    "too new to read": (
        400,
        body("Directory_ObjectNotFound", "Unable to read the company information from the directory."),
        "not_visible_yet",
    ),
    "too new to refer to": (400, bad("Not a valid reference update."), "not_visible_yet"),
    "concurrent change": (409, body("Directory_ConcurrencyViolation", ""), "concurrent_change"),
    "concurrent change, by precondition": (412, body("Directory_ConcurrencyViolation", ""), "concurrent_change"),
}


@pytest.mark.parametrize(("status", "answer", "code"), NEVER.values(), ids=NEVER)
def test_it_says_never_with_a_reason(status: int, answer: str, code: str) -> None:
    problem = sort(read_refusal(status, answer, {}))

    assert isinstance(problem, Never)
    assert problem.code == code
    # A sentence, with something to do, and nobody's address or id in it.
    assert re.match(r"[A-Z].+\.$", problem.reason)
    assert re.search(r"retry|ask the applicant|instead|an invitation|make the guest by hand", problem.reason.lower())
    assert ADDRESS not in problem.reason
    assert GUID not in problem.reason


@pytest.mark.parametrize(("status", "answer", "code"), STANDSTILL.values(), ids=STANDSTILL)
def test_it_says_what_stops_everybody_and_where_it_is_mended(status: int, answer: str, code: str) -> None:
    problem = sort(read_refusal(status, answer, {}))

    assert isinstance(problem, Standstill)
    assert (problem.code, problem.delay) == (code, None)
    assert re.match(r"[A-Z].+\.$", problem.reason)
    assert re.search(r"admin center|check that|directory has reached", problem.reason.lower())
    assert "retry" not in problem.reason


@pytest.mark.parametrize(("status", "answer", "code"), LATER.values(), ids=LATER)
def test_it_says_later(status: int, answer: str, code: str) -> None:
    problem = sort(read_refusal(status, answer, {}))

    assert isinstance(problem, Later)
    assert (problem.code, problem.delay) == (code, None)
    assert problem.reason.endswith(".")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_it_waits_as_long_as_it_is_told(status: int) -> None:
    problem = sort(read_refusal(status, "", {"retry-after": "2.128"}))

    assert isinstance(problem, Later)
    assert problem.delay == 2.128


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2.128", 2.128),
        ("0", 0.0),
        ("-5", 0.0),
        ("86400", 3600.0),
        ("1e300", 3600.0),
        ("Sun, 22 Nov 2026 10:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0.0),
        ("nan", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ],
)
def test_it_reads_every_kind_of_retry_after(text: str, seconds: float | None) -> None:
    now = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)

    assert retry_after({"Retry-After": text}, now) == seconds


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "<html>",
        "null",
        "[]",
        '{"error": "text"}',
        '{"error": {"code": null, "message": 5, "details": "x"}}',
        '{"error": {"code": "", "message": "", "details": [null, 1, {"code": 2}]}}',
    ],
)
def test_it_reads_whatever_comes(answer: str) -> None:
    refused = read_refusal(400, answer, {})

    assert (refused.code, refused.message) == ("", "")
    assert isinstance(sort(refused), Never)


def test_it_trusts_details_more_than_words() -> None:
    answer = bad(
        "Another object with the same value for property userPrincipalName already exists.",
        {"code": "ObjectConflict", "message": "", "target": "identities"},
        {"code": "ConflictingObjects", "message": "", "target": f"User_{GUID}"},
        {"code": "ConflictingObjects", "message": "", "target": f"Group_{GUID}"},
    )

    refused = read_refusal(400, answer, {})

    assert refused.taken == {"identities"}
    assert refused.holders == (GUID,)


@pytest.mark.parametrize("innererror", ["innerError", "innererror"])
def test_it_does_not_mind_what_stands_beside_the_error(innererror: str) -> None:
    answer = json.dumps({"error": {"code": "", "message": "", innererror: {"code": "x", innererror: {}}}, "more": 1})

    assert read_refusal(404, answer, {}).is_not_visible


def test_it_names_the_attributes_and_the_permission() -> None:
    attribute = sort(read_refusal(400, NEVER["extension not available"][1], {}))
    permission = sort(read_refusal(403, STANDSTILL["permission missing"][1], {}, permission="User.Invite.All"))

    assert isinstance(attribute, Never)
    assert isinstance(permission, Standstill)
    assert "extension_a_X, extension_a_Y" in attribute.reason
    assert "User.Invite.All" in permission.reason


def test_it_does_not_print_what_graph_wrote() -> None:
    refused = read_refusal(400, body("BadRequest", f"The address {ADDRESS} is not valid."), {})

    assert str(refused) == "400 BadRequest"


@pytest.mark.parametrize(
    ("status", "definite"),
    [(400, True), (403, True), (409, True), (429, True), (408, False), (500, False), (504, False)],
)
def test_it_knows_when_nothing_was_done(status: int, definite: bool) -> None:
    assert read_refusal(status, "", {}).is_definite is definite
