"""Decisions: what they hold back, what they keep apart, and what undoing leaves."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from approvals import outbox, workflow
from approvals.errors import AnotherRequestOpen, InvalidDecision, RequestChanged, TooLateToUndo
from approvals.models import AuditEvent, Delivery, OutboxEntry, SignUpRequest, UserFlow
from tests.factories import make_applicant, make_request


@pytest.fixture
def held(settings) -> None:
    """Decisions can be undone for an hour."""
    settings.DECISION_HOLD_SECONDS = 3600


def work_of(request: SignUpRequest) -> list[tuple[str, str]]:
    """Kind and state of a request's outbox entries, the announcement apart."""
    entries = request.outbox.exclude(kind="request.announce").order_by("created_at")
    return list(entries.values_list("kind", "state"))


def test_it_holds_the_effects_of_an_approval(held, flow: UserFlow, anna: User) -> None:
    request = workflow.approve(make_request(flow).pk, actor=anna)
    entry = request.outbox.get(kind="guest.provision")
    assert request.decided_at is not None
    assert entry.due_at - request.decided_at >= timedelta(seconds=3600)
    assert request.effects_at == request.decided_at + timedelta(seconds=3600)


def test_undo_in_time_leaves_nothing_but_the_audit_trail(held, flow: UserFlow, anna: User) -> None:
    request = make_request(flow)
    before = SignUpRequest.objects.filter(pk=request.pk).values().get()
    workflow.deny(request.pk, actor=anna, reason="No contract.", note="Rude on the phone.")
    workflow.undo(request.pk, actor=anna)
    after = SignUpRequest.objects.filter(pk=request.pk).values().get()
    assert {**after, "version": 0} == {**before, "version": 0}
    assert work_of(request) == [("mail.denied", "cancelled")]
    assert not Delivery.objects.exists()


def test_undo_is_refused_once_a_worker_has_the_entry(held, flow: UserFlow, anna: User) -> None:
    request = make_request(flow, status="approved", by=anna)
    OutboxEntry.objects.exclude(kind="guest.provision").delete()
    OutboxEntry.objects.update(due_at=timezone.now(), turn_at=timezone.now())
    assert outbox.claim() is not None
    with pytest.raises(TooLateToUndo):
        workflow.undo(request.pk, actor=anna)
    assert work_of(request) == [("guest.provision", "queued")]


def test_a_second_decision_after_an_undo_is_its_own(held, flow: UserFlow, anna: User, ben: User) -> None:
    request = make_request(flow, status="approved", by=anna)
    workflow.undo(request.pk, actor=ben)
    workflow.deny(request.pk, actor=ben)
    workflow.undo(request.pk, actor=anna)
    assert work_of(request) == [("guest.provision", "cancelled"), ("mail.denied", "cancelled")]


def test_it_keeps_the_two_texts_of_a_denial_apart(flow: UserFlow, anna: User) -> None:
    request = make_request(flow, status="denied", by=anna, reason="No contract.", note="Known spammer.")
    assert (request.reason, request.note) == ("No contract.", "Known spammer.")


def test_a_denial_without_telling_sends_nothing(flow: UserFlow, anna: User) -> None:
    request = make_request(flow)
    workflow.deny(request.pk, actor=anna, tell_applicant=False)
    assert work_of(request) == []


def test_it_refuses_to_decide_on_answers_that_nobody_saw(flow: UserFlow, anna: User) -> None:
    request = make_request(flow)
    seen = request.version
    workflow.submit(flow, make_applicant(jobTitle="Chief Everything"))
    with pytest.raises(RequestChanged):
        workflow.approve(request.pk, actor=anna, version=seen)
    assert SignUpRequest.objects.get(pk=request.pk).status == "pending"


@pytest.mark.parametrize("texts", [{"reason": "x" * 2001}, {"note": "x" * 2001}, {"reason": "a\0b"}])
def test_it_refuses_texts_that_cannot_be_kept(texts: dict[str, str], flow: UserFlow, anna: User) -> None:
    request = make_request(flow)
    with pytest.raises(InvalidDecision):
        workflow.deny(request.pk, actor=anna, reason=texts.get("reason", ""), note=texts.get("note", ""))
    assert SignUpRequest.objects.get(pk=request.pk).status == "pending"


def test_it_reopens_no_second_request_of_the_same_person(flow: UserFlow, anna: User) -> None:
    flow.reapply_after_days = 0
    flow.save()
    denied = make_request(flow, status="denied", by=anna)
    newer = make_request(flow)
    assert newer.previous == denied
    with pytest.raises(AnotherRequestOpen):
        workflow.reopen(denied.pk, actor=anna)
    assert SignUpRequest.objects.get(pk=denied.pk).status == "denied"


def test_reopening_cancels_mail_that_has_not_left(flow: UserFlow, anna: User) -> None:
    request = make_request(flow, status="denied", by=anna)
    workflow.reopen(request.pk, actor=anna)
    assert work_of(request) == [("mail.denied", "cancelled"), ("tenant.look", "queued")]


def test_an_approval_on_return_asks_graph_for_nothing(anna: User, flow: UserFlow) -> None:
    UserFlow.objects.update(provisioning="on_return")
    request = make_request(flow, status="approved", by=anna)
    assert work_of(request) == [("mail.approved", "queued")]
    assert request.delivery.stage == Delivery.Stage.AWAITING_RETURN


@pytest.mark.parametrize(
    ("mail", "made", "expected"),
    [
        ("foyer", "invited", 1),
        ("foyer", "created", 1),
        ("entra", "created", 1),  # Entra writes to nobody whom Graph created
        ("entra", "invited", 0),
    ],
)
def test_exactly_one_approval_mail_is_sent(mail: str, made: str, expected: int, flow: UserFlow) -> None:
    UserFlow.objects.update(invitation_mail=mail)
    request = make_request(flow, status="approved")
    for _twice in range(2):
        workflow.record_provisioned(request.pk, guest_id="9d1c", made=Delivery.Made(made))
    assert OutboxEntry.objects.filter(kind="mail.approved").count() == expected


def test_an_audit_event_cannot_be_changed_or_deleted(flow: UserFlow) -> None:
    event = make_request(flow).events.get()
    event.actor_name = "Mallory"
    for forbidden in (
        event.save,
        event.delete,
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(at=timezone.now()),
    ):
        with pytest.raises(TypeError):
            forbidden()
    assert AuditEvent.objects.get().actor_name == ""


def test_a_late_click_does_not_undo_a_colleagues_newer_decision(held, flow: UserFlow, anna: User, ben: User) -> None:
    request = workflow.deny(make_request(flow).pk, actor=anna)
    workflow.undo(request.pk, actor=ben, version=request.version)
    newer = workflow.approve(request.pk, actor=ben)
    with pytest.raises(RequestChanged):
        workflow.undo(request.pk, actor=anna, version=request.version)
    assert SignUpRequest.objects.get(pk=request.pk).decided_by == ben
    assert newer.status == "approved"


def test_a_late_click_does_not_reopen_what_was_denied_anew(flow: UserFlow, anna: User, ben: User) -> None:
    seen = make_request(flow, status="denied", by=anna)
    workflow.reopen(seen.pk, actor=ben, version=seen.version)
    workflow.deny(seen.pk, actor=ben)
    with pytest.raises(RequestChanged):
        workflow.reopen(seen.pk, actor=anna, version=seen.version)
    assert SignUpRequest.objects.get(pk=seen.pk).status == "denied"
