"""Ten reviewers at once, and undoing while a worker reaches for the work."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from approvals import audit, outbox, workflow
from approvals.errors import AlreadyDecided, ApprovalError, TooLateToUndo
from approvals.models import Action, AuditEvent, OutboxEntry, SignUpRequest
from tests.concurrency.at_once import at_once
from tests.factories import make_flow, make_request, make_user

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
MANY = 10


def approve_without_the_guard(request: SignUpRequest, who: User) -> None:
    """Read, look, save: as it is often written."""
    seen = SignUpRequest.objects.get(pk=request.pk)
    if seen.status != "pending":
        raise AlreadyDecided
    seen.status, seen.decided_by, seen.decided_at = "approved", who, timezone.now()
    seen.save()
    audit.record(Action.APPROVED, request=seen, actor=who)
    outbox.enqueue("guest.provision", request=seen)


def decisions(request: SignUpRequest) -> tuple[int, int]:
    """How many approvals are told, and how many guests would be made."""
    told = AuditEvent.objects.filter(request=request, action__in=[Action.APPROVED, Action.DENIED])
    return told.count(), OutboxEntry.objects.filter(request=request).exclude(kind="request.announce").count()


@pytest.fixture
def reviewers() -> list[User]:
    """Ten people who review the same flow."""
    flow = make_flow()
    return [make_user(f"reviewer{number}", flows=(flow,)) for number in range(MANY)]


def test_without_the_guard_several_reviewers_win(reviewers: list[User]) -> None:
    request = make_request(reviewers[0].reviewed_flows.get())
    at_once(MANY, lambda number: approve_without_the_guard(request, reviewers[number]))
    assert decisions(request)[0] > 1
    assert decisions(request)[1] > 1


def test_with_it_one_reviewer_wins_and_the_others_hear_of_it(reviewers: list[User]) -> None:
    request = make_request(reviewers[0].reviewed_flows.get())

    def decide(number: int) -> SignUpRequest:
        if number % 2:
            return workflow.approve(request.pk, actor=reviewers[number])
        return workflow.deny(request.pk, actor=reviewers[number], reason="No.")

    outcomes = at_once(MANY, decide)
    won = [outcome for outcome in outcomes if isinstance(outcome, SignUpRequest)]
    assert len(won) == 1
    assert [type(outcome) for outcome in outcomes if outcome not in won] == [AlreadyDecided] * (MANY - 1)
    assert decisions(request) == (1, 1)
    request.refresh_from_db()
    assert request.decided_by == won[0].decided_by


def test_an_undo_and_a_worker_never_both_win(settings) -> None:
    """At the very moment when the work comes due: either the guest is made or the decision is undone."""
    flow = make_flow()
    settings.OUTBOX_HANDLERS = {"guest.provision": "tests.concurrency.test_decisions.note"}
    for _round in range(20):
        settings.DECISION_HOLD_SECONDS = 3600
        request = make_request(flow, email=f"{_round}@fabrikam.example", status="approved")
        soon = timezone.now() + timedelta(milliseconds=15)
        OutboxEntry.objects.filter(request=request, kind="guest.provision").update(due_at=soon, turn_at=soon)
        SignUpRequest.objects.filter(pk=request.pk).update(effects_at=soon)
        OutboxEntry.objects.filter(kind="request.announce").update(state="done")

        def race(number: int, request: SignUpRequest = request) -> object:
            if number:
                return workflow.undo(request.pk, actor=None)
            while not outbox.drain() and SignUpRequest.objects.filter(pk=request.pk, status="approved").exists():
                pass
            return None

        undone = not isinstance(at_once(2, race)[1], ApprovalError)
        entry = OutboxEntry.objects.get(request=request, kind="guest.provision")
        assert entry.state == ("cancelled" if undone else "done")
        assert SignUpRequest.objects.get(pk=request.pk).status == ("pending" if undone else "approved")


def note(_entry: OutboxEntry) -> None:
    """Stands for the outside world in the race above."""


def test_undoing_twice_at_once_undoes_once(reviewers: list[User], settings) -> None:
    settings.DECISION_HOLD_SECONDS = 3600
    request = make_request(reviewers[0].reviewed_flows.get(), status="approved")
    outcomes = at_once(MANY, lambda number: workflow.undo(request.pk, actor=reviewers[number]))
    assert sum(isinstance(outcome, SignUpRequest) for outcome in outcomes) == 1
    assert AuditEvent.objects.filter(action=Action.UNDONE).count() == 1
    assert not any(isinstance(outcome, TooLateToUndo) for outcome in outcomes)
