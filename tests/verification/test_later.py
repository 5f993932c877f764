"""Verifying by a worker: however long the service is away, the request shows in the end what came of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from approvals import outbox, workflow
from approvals.models import AuditEvent, OutboxEntry, SignUpRequest, UserFlow, Verification
from connector.models import VerificationService
from connector.verification.asking import verify
from connector.verification.circuit import circuit
from connector.verification.later import applicant_of
from connector.verification.setting_up import switch_off
from tests.factories import make_identity, make_request
from tests.verification.service import Service
from tests.verification.test_asking import ADDRESS, ERROR, PASS, applicant


@pytest.fixture
def request_(flow: UserFlow, verified: VerificationService) -> SignUpRequest:
    """A request whose applicant is to be verified."""
    request = make_request(flow, **ADDRESS)
    OutboxEntry.objects.all().delete()
    outbox.enqueue("verification.ask", request=request)
    return request


def entry() -> OutboxEntry:
    return OutboxEntry.objects.get(kind="verification.ask")


def events() -> list[dict[str, Any]]:
    return [event.data for event in AuditEvent.objects.filter(action="request.verified")]


def test_it_shows_the_answer_at_the_request_and_says_so_once(request_: SignUpRequest, service: Service) -> None:
    service.answers(PASS)
    outbox.drain()
    row = request_.verifications.get()
    assert (row.outcome, row.vendor_reference, entry().state) == ("passed", "2073386242", "done")
    assert events() == [
        {
            "vendor": "idology",
            "outcome": "passed",
            "reference": "2073386242",
            "reasons": ["id.success", "result.match"],
        }
    ]
    assert AuditEvent.objects.get(action="request.verified").request == request_


def test_it_asks_once_however_often_it_runs(request_: SignUpRequest, service: Service) -> None:
    service.answers(PASS)
    outbox.drain()
    # As if the worker had died before it could say that it was done.
    OutboxEntry.objects.update(state="queued", lease=None, due_at=timezone.now())
    outbox.drain()
    assert len(service.calls) == 1
    assert entry().state == "done"


def test_it_comes_back_until_the_service_does(request_: SignUpRequest, service: Service) -> None:
    service.answers(ERROR)
    outbox.drain()
    waiting = entry()
    assert (waiting.state, waiting.code, waiting.attempts) == ("queued", "service_error", 1)
    assert waiting.due_at > timezone.now()
    assert request_.verifications.get().outcome == "unavailable"
    assert events() == []
    service.answers(PASS)
    OutboxEntry.objects.update(due_at=timezone.now(), turn_at=timezone.now())
    outbox.drain()
    assert request_.verifications.get().outcome == "passed"
    assert [event["outcome"] for event in events()] == ["passed"]


def test_it_gives_up_in_the_end_and_says_so(request_: SignUpRequest, service: Service) -> None:
    service.answers(ERROR)
    outbox.drain()
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        outbox.drain()
    row = request_.verifications.get()
    assert (row.outcome, row.reasons, entry().state) == ("unavailable", ["service_error"], "parked")
    assert events() == [{"vendor": "idology", "outcome": "unavailable", "reference": "", "reasons": ["service_error"]}]


def test_it_says_so_too_when_it_could_never_begin(
    request_: SignUpRequest, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.OUTBOX_HANDLERS = {"verification.ask": "tests.approvals.test_outbox.not_ever"}
    outbox.drain()
    row = request_.verifications.get()
    assert (row.outcome, row.vendor, row.reasons) == ("unavailable", "idology", ["refused"])
    assert [event["reasons"] for event in events()] == [["refused"]]


def test_it_is_tried_again_by_a_person(request_: SignUpRequest, service: Service) -> None:
    service.answers(ERROR)
    outbox.drain()
    OutboxEntry.objects.update(state="parked")
    circuit.forget()
    service.answers(PASS)
    assert outbox.retry(entry().pk)
    outbox.drain()
    assert request_.verifications.get().outcome == "passed"


def test_it_pays_for_nobody_who_was_decided_about(request_: SignUpRequest, service: Service) -> None:
    workflow.deny(request_.pk, actor=None)
    outbox.drain()
    assert service.calls == []
    assert entry().state == "done"
    assert not Verification.objects.exists()


def test_it_does_nothing_when_the_service_was_switched_off(
    request_: SignUpRequest, flow: UserFlow, service: Service
) -> None:
    switch_off(flow, actor=None)
    outbox.drain()
    assert (entry().state, service.calls) == ("done", [])


def test_it_does_nothing_without_a_request(verified: VerificationService, service: Service) -> None:
    outbox.enqueue("verification.ask")
    outbox.drain()
    assert (entry().state, service.calls) == ("done", [])


def test_it_knows_the_applicant_as_the_connector_does(
    flow: UserFlow, verified: VerificationService, service: Service
) -> None:
    service.answers(PASS)
    person = applicant(identities=(make_identity(),))
    standing = workflow.submit(flow, person)
    assert standing.request is not None
    kept = SignUpRequest.objects.get(pk=standing.request.pk)
    assert applicant_of(kept) == person
    assert verify(flow, applicant_of(kept)) == verify(flow, person)
    assert len(service.calls) == 1
