"""What the API does: the same verbs as the pages, the same rules, the same trail."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from accounts.models import User
from approvals.models import AuditEvent, OutboxEntry, SignUpRequest, UserFlow
from tests.api.calling import Caller, body, problem
from tests.factories import make_request


def test_it_approves_in_the_name_of_the_tokens_user(api: Caller, waiting: SignUpRequest, anna: User) -> None:
    answer = api.do(waiting.reference, "approve", version=1, note="Known.")
    assert answer.status_code == 200
    shown = body(answer)
    assert (shown["status"], shown["version"], shown["decided_by"], shown["note"]) == ("approved", 2, "anna", "Known.")
    assert shown["delivery"]["state"] == "queued"
    event = AuditEvent.objects.get(action="request.approved")
    assert (event.actor, event.request) == (anna, waiting)
    assert OutboxEntry.objects.queued().filter(request=waiting, kind="guest.provision").count() == 1


def test_it_denies_with_all_that_a_denial_takes(api: Caller, waiting: SignUpRequest) -> None:
    shown = body(api.do(waiting.reference, "deny", reason="No contract.", note="Asked sales.", tell_applicant=False))
    assert (shown["status"], shown["reason"], shown["note"]) == ("denied", "No contract.", "Asked sales.")
    assert shown["tell_applicant"] is False
    assert not OutboxEntry.objects.filter(kind="mail.denied").exists()


def test_it_tells_the_applicant_of_a_denial_unless_told_not_to(api: Caller, waiting: SignUpRequest) -> None:
    api.do(waiting.reference, "deny")
    assert OutboxEntry.objects.queued().filter(kind="mail.denied", request=waiting).count() == 1


@override_settings(DECISION_HOLD_SECONDS=30)
def test_it_undoes_while_nothing_has_left(api: Caller, waiting: SignUpRequest) -> None:
    api.do(waiting.reference, "approve")
    shown = body(api.do(waiting.reference, "undo"))
    assert (shown["status"], shown["decided_by"], shown["delivery"]["state"]) == ("pending", None, "none")


def test_it_refuses_to_undo_what_has_taken_effect(api: Caller, waiting: SignUpRequest) -> None:
    api.do(waiting.reference, "approve")
    problem(api.do(waiting.reference, "undo"), 409, "too_late_to_undo")


def test_it_reopens_a_denied_request(api: Caller, flow: UserFlow) -> None:
    denied = make_request(flow, status="denied", reason="No.")
    shown = body(api.do(denied.reference, "reopen"))
    assert (shown["status"], shown["reason"]) == ("pending", "")


def test_it_retries_a_failed_delivery(api: Caller, flow: UserFlow) -> None:
    failed = make_request(flow, status="failed")
    shown = body(api.do(failed.reference, "retry"))
    assert (shown["delivery"]["state"], shown["delivery"]["code"]) == ("queued", None)
    assert AuditEvent.objects.filter(action="delivery.retried", request=failed).count() == 1


@pytest.mark.parametrize(
    ("state", "deed", "code"),
    [
        ("pending", "undo", "not_decided"),
        ("pending", "reopen", "cannot_reopen"),
        ("pending", "retry", "nothing_to_retry"),
        ("approved", "approve", "already_decided"),
        ("approved", "deny", "already_decided"),
        ("approved", "reopen", "cannot_reopen"),
        ("denied", "approve", "already_decided"),
        ("denied", "undo", "too_late_to_undo"),
        ("denied", "retry", "nothing_to_retry"),
        ("provisioned", "reopen", "cannot_reopen"),
        ("provisioned", "retry", "nothing_to_retry"),
        ("failed", "approve", "already_decided"),
    ],
)
def test_it_answers_a_conflict_with_the_request_as_it_is(
    api: Caller, flow: UserFlow, ben: User, state: str, deed: str, code: str
) -> None:
    request = make_request(flow, status=state, by=ben)
    events = AuditEvent.objects.count()
    document = problem(api.do(request.reference, deed), 409, code)
    assert document["request"] == body(api.get("requests/"))["results"][0]
    assert document["request"]["version"] == request.version
    assert AuditEvent.objects.count() == events


def test_it_says_who_was_first(api: Caller, bens_api: Caller, waiting: SignUpRequest) -> None:
    assert bens_api.do(waiting.reference, "deny", reason="No.").status_code == 200
    document = problem(api.do(waiting.reference, "approve"), 409, "already_decided")
    assert (document["request"]["decided_by"], document["request"]["reason"]) == ("ben", "No.")


def test_it_refuses_to_decide_on_what_the_caller_has_not_seen(api: Caller, flow: UserFlow) -> None:
    request = make_request(flow)
    make_request(flow, jobTitle="Buyer")
    document = problem(api.do(request.reference, "approve", version=1), 409, "request_changed")
    assert document["request"]["version"] == 2
    assert api.do(request.reference, "approve", version=2).status_code == 200


@pytest.mark.parametrize(
    ("deed", "field", "value"),
    [
        ("approve", "version", "first"),
        ("approve", "version", 0),
        ("approve", "version", 10**30),
        ("approve", "note", "x" * 2001),
        ("approve", "note", "a\0b"),
        ("approve", "note", "\ud800"),
        ("approve", "note", None),
        ("approve", "reason", "not for an approval"),
        ("deny", "tell_aplicant", False),
        ("approve", "version", "1"),
        ("approve", "version", True),
        ("approve", "version", 1.5),
        ("deny", "tell_applicant", "perhaps"),
        ("deny", "tell_applicant", "false"),
        ("deny", "tell_applicant", 0),
        ("deny", "reason", 12),
        ("deny", "reason", ["a", "list"]),
        ("undo", "note", "Sorry."),
        ("retry", "version", 1),
    ],
)
def test_it_names_the_field_that_cannot_be_used(
    api: Caller, waiting: SignUpRequest, deed: str, field: str, value: Any
) -> None:
    document = problem(api.do(waiting.reference, deed, **{field: value}), 400, "invalid")
    assert list(document["errors"]) == [field]
    waiting.refresh_from_db()
    assert waiting.status == "pending"


@pytest.mark.parametrize(
    ("sent", "content_type", "status", "code"),
    [
        ("{", "application/json", 400, "parse_error"),
        ("[]", "application/json", 400, "invalid"),
        ("null", "application/json", 400, "invalid"),
        ("note=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
    ],
)
def test_it_refuses_a_body_that_is_not_a_json_object(
    api: Caller, waiting: SignUpRequest, sent: str, content_type: str, status: int, code: str
) -> None:
    path = f"/api/v1/requests/{waiting.reference}/approve"
    problem(api.client.post(path, sent, content_type=content_type), status, code)
    waiting.refresh_from_db()
    assert waiting.status == "pending"


def test_it_needs_no_body(api: Caller, waiting: SignUpRequest) -> None:
    assert api.client.generic("POST", f"/api/v1/requests/{waiting.reference}/approve").status_code == 200
