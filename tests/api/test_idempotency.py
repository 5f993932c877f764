"""Idempotency keys: a call that is repeated does nothing twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from approvals.api import idempotency
from approvals.models import AuditEvent, IdempotencyKey, SignUpRequest, UserFlow
from tests.api.calling import Caller, body, problem
from tests.factories import make_request


def test_it_answers_a_repetition_as_the_first_call(api: Caller, waiting: SignUpRequest) -> None:
    first = api.do(waiting.reference, "approve", key="call-1", note="Known.")
    again = api.do(waiting.reference, "approve", key="call-1", note="Known.")
    assert (first.status_code, again.status_code) == (200, 200)
    assert body(first) == body(again)
    assert AuditEvent.objects.filter(action="request.approved").count() == 1


def test_it_refuses_without_a_key_what_it_repeats_with_one(api: Caller, waiting: SignUpRequest) -> None:
    api.do(waiting.reference, "approve", key="call-1")
    problem(api.do(waiting.reference, "approve"), 409, "already_decided")
    problem(api.do(waiting.reference, "approve", key="call-2"), 409, "already_decided")


@pytest.mark.parametrize(("deed", "fields"), [("deny", {}), ("approve", {"note": "other"})])
def test_it_refuses_a_key_for_another_call(
    api: Caller, flow: UserFlow, waiting: SignUpRequest, deed: str, fields: dict[str, str]
) -> None:
    api.do(waiting.reference, "approve", key="call-1")
    problem(api.do(waiting.reference, deed, key="call-1", **fields), 422, "idempotency_key_reused")
    other = make_request(flow, email="other@x.example")
    problem(api.do(other.reference, "approve", key="call-1"), 422, "idempotency_key_reused")
    other.refresh_from_db()
    assert other.status == "pending"


def test_it_keeps_the_keys_of_two_people_apart(
    api: Caller, bens_api: Caller, flow: UserFlow, waiting: SignUpRequest
) -> None:
    other = make_request(flow, email="other@x.example")
    assert api.do(waiting.reference, "approve", key="1").status_code == 200
    assert bens_api.do(other.reference, "deny", key="1").status_code == 200


def test_it_leaves_a_key_unused_when_the_deed_was_refused(api: Caller, bens_api: Caller, flow: UserFlow) -> None:
    request = make_request(flow, status="denied")
    problem(api.do(request.reference, "approve", key="call-1"), 409, "already_decided")
    assert not IdempotencyKey.objects.exists()
    bens_api.do(request.reference, "reopen")
    assert api.do(request.reference, "approve", key="call-1").status_code == 200


def test_it_refuses_a_call_whose_twin_is_under_way(api: Caller, waiting: SignUpRequest, anna: User) -> None:
    with idempotency.once(anna, "call-1", _asked(waiting)) as to_do:
        assert to_do
        problem(api.do(waiting.reference, "approve", key="call-1"), 409, "idempotency_key_in_use")
    assert api.do(waiting.reference, "approve", key="call-1").status_code == 200
    waiting.refresh_from_db()
    assert waiting.status == "pending"


def test_it_goes_on_from_a_call_that_was_cut_off(api: Caller, waiting: SignUpRequest, anna: User) -> None:
    began = timezone.now() - timedelta(seconds=61)
    IdempotencyKey.objects.create(user=anna, key="call-1", fingerprint=_asked(waiting), started_at=began)
    assert api.do(waiting.reference, "approve", key="call-1").status_code == 200
    waiting.refresh_from_db()
    assert waiting.status == "approved"


def test_it_forgets_keys_after_a_day(api: Caller, flow: UserFlow, waiting: SignUpRequest) -> None:
    api.do(waiting.reference, "approve", key="call-1")
    other = make_request(flow, email="other@x.example")
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1), tick=False):
        assert api.do(other.reference, "approve", key="call-1").status_code == 200
    assert IdempotencyKey.objects.count() == 1


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 129, "schlüssel"])
def test_it_refuses_a_key_that_cannot_be_one(api: Caller, waiting: SignUpRequest, key: str) -> None:
    document = problem(api.do(waiting.reference, "approve", key=key), 400, "invalid")
    assert list(document["errors"]) == ["Idempotency-Key"]
    waiting.refresh_from_db()
    assert waiting.status == "pending"


@pytest.mark.django_db(transaction=True)
def test_it_frees_the_key_when_the_deed_breaks(anna: User) -> None:
    with pytest.raises(ZeroDivisionError), idempotency.once(anna, "call-1", "x"), transaction.atomic(durable=True):
        raise ZeroDivisionError
    assert not IdempotencyKey.objects.exists()


def _asked(request: SignUpRequest) -> str:
    """The fingerprint of an approval without fields."""
    return idempotency.fingerprint(f"/api/v1/requests/{request.reference}/approve", {})
