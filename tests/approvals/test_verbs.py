"""Every verb against every state it may meet, in one table."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.utils import timezone

from accounts.models import User
from approvals import workflow
from approvals.errors import (
    AlreadyDecided,
    ApprovalError,
    CannotReopen,
    NotAllowed,
    NotDecided,
    NothingToForesee,
    NothingToRetry,
    TooLateToUndo,
)
from approvals.models import Action, AuditEvent, Delivery, OutboxEntry, SignUpRequest, UserFlow
from tests.factories import make_applicant, make_request

Verb = Callable[[SignUpRequest, User], object]
Outcome = str | type[ApprovalError]

VERBS: dict[str, Verb] = {
    "approve": lambda request, who: workflow.approve(request.pk, actor=who),
    "deny": lambda request, who: workflow.deny(request.pk, actor=who, reason="No contract."),
    "undo": lambda request, who: workflow.undo(request.pk, actor=who),
    "reopen": lambda request, who: workflow.reopen(request.pk, actor=who),
    "retry": lambda request, who: workflow.retry_delivery(request.pk, actor=who),
    "record_provisioned": lambda request, _who: workflow.record_provisioned(
        request.pk, guest_id="9d1c", made=Delivery.Made.INVITED
    ),
    "record_failed": lambda request, _who: workflow.record_failed(request.pk, code="x", explanation="Broken."),
    "record_forecast": lambda request, _who: workflow.record_forecast(
        request.pk, code="will_invite", facts={}, at=timezone.now()
    ),
    "look_again": lambda request, who: workflow.look_again(request.pk, actor=who),
    "submit": lambda request, _who: workflow.submit(request.flow, make_applicant(request.email)),
}

# state → verb → the state afterwards, or what the verb raises. A state is "status" or "status/delivery".
TABLE: dict[str, dict[str, Outcome]] = {
    "pending": {
        "approve": "approved/queued",
        "deny": "denied",
        "undo": NotDecided,
        "reopen": CannotReopen,
        "retry": NothingToRetry,
        "record_provisioned": "pending",
        "record_failed": "pending",
        "record_forecast": "pending",
        "look_again": "pending",
        "submit": "pending",
    },
    "held approval": {
        "approve": AlreadyDecided,
        "deny": AlreadyDecided,
        "undo": "pending",
        "reopen": CannotReopen,
        "retry": NothingToRetry,
        "record_provisioned": "approved/done",
        "record_failed": "approved/failed",
        "record_forecast": "approved/queued",
        "look_again": NothingToForesee,
        "submit": "approved/queued",
    },
    "held denial": {
        "approve": AlreadyDecided,
        "deny": AlreadyDecided,
        "undo": "pending",
        "reopen": "pending",
        "retry": NothingToRetry,
        "record_provisioned": "denied",
        "record_failed": "denied",
        "record_forecast": "denied",
        "look_again": NothingToForesee,
        "submit": "denied",
    },
    "approved": {
        "approve": AlreadyDecided,
        "deny": AlreadyDecided,
        "undo": TooLateToUndo,
        "reopen": CannotReopen,
        "retry": NothingToRetry,
        "record_provisioned": "approved/done",
        "record_failed": "approved/failed",
        "record_forecast": "approved/queued",
        "look_again": NothingToForesee,
        "submit": "approved/queued",
    },
    "provisioned": {
        "approve": AlreadyDecided,
        "deny": AlreadyDecided,
        "undo": TooLateToUndo,
        "reopen": CannotReopen,
        "retry": NothingToRetry,
        "record_provisioned": "approved/done",
        "record_failed": "approved/done",
        "record_forecast": "approved/done",
        "look_again": NothingToForesee,
        "submit": "approved/done",
    },
    "failed": {
        "approve": AlreadyDecided,
        "deny": AlreadyDecided,
        "undo": TooLateToUndo,
        "reopen": "pending",
        "retry": "approved/queued",
        "record_provisioned": "approved/done",
        "record_failed": "approved/failed",
        "record_forecast": "approved/failed",
        "look_again": NothingToForesee,
        "submit": "approved/failed",
    },
    "denied": {
        "approve": AlreadyDecided,
        "deny": AlreadyDecided,
        "undo": TooLateToUndo,
        "reopen": "pending",
        "retry": NothingToRetry,
        "record_provisioned": "denied",
        "record_failed": "denied",
        "record_forecast": "denied",
        "look_again": NothingToForesee,
        "submit": "denied",
    },
}
HELD = {"held approval": "approved", "held denial": "denied"}
CASES = [(state, verb, outcome) for state, row in TABLE.items() for verb, outcome in row.items()]


def state_of(request: SignUpRequest) -> str:
    """`status`, or `status/delivery` when there is a delivery."""
    status = SignUpRequest.objects.values_list("status", flat=True).get(pk=request.pk)
    delivery = Delivery.objects.filter(pk=request.pk).values_list("state", flat=True).first()
    return f"{status}/{delivery}" if delivery else status


def in_state(state: str, flow: UserFlow, settings) -> SignUpRequest:
    """A request that the verbs brought into a state of the table."""
    settings.DECISION_HOLD_SECONDS = 3600 if state in HELD else 0
    return make_request(flow, status=HELD.get(state, state))


@pytest.mark.parametrize(("state", "verb", "outcome"), CASES)
def test_it_does_or_refuses(state: str, verb: str, outcome: Outcome, flow: UserFlow, anna: User, settings) -> None:
    request = in_state(state, flow, settings)
    before, events = state_of(request), AuditEvent.objects.count()
    work = list(OutboxEntry.objects.values_list("pk", "state"))

    if isinstance(outcome, str):
        VERBS[verb](request, anna)
        assert state_of(request) == outcome
        return
    with pytest.raises(outcome):
        VERBS[verb](request, anna)
    assert state_of(request) == before
    assert AuditEvent.objects.count() == events
    assert list(OutboxEntry.objects.values_list("pk", "state")) == work


@pytest.mark.parametrize("verb", ["approve", "deny", "undo", "reopen", "retry", "look_again"])
@pytest.mark.parametrize("state", list(TABLE))
def test_it_refuses_who_does_not_review_the_flow(
    verb: str, state: str, flow: UserFlow, stranger: User, settings
) -> None:
    request = in_state(state, flow, settings)
    before, events = state_of(request), AuditEvent.objects.count()
    with pytest.raises(NotAllowed):
        VERBS[verb](request, stranger)
    assert (state_of(request), AuditEvent.objects.count()) == (before, events)


def test_it_refuses_a_reviewer_whose_account_was_closed(flow: UserFlow, anna: User) -> None:
    request = make_request(flow)
    anna.is_active = False
    anna.save()
    with pytest.raises(NotAllowed):
        workflow.approve(request.pk, actor=anna)


def test_the_table_knows_every_verb_that_the_workflow_offers() -> None:
    told_elsewhere = {"Standing", "check_status", "record_delayed", "record_progress", "record_standstill"}
    names = {"retry_delivery" if name == "retry" else name for name in VERBS}
    assert names == set(workflow.__all__) - told_elsewhere


def test_every_change_leaves_its_audit_event(flow: UserFlow, anna: User, settings) -> None:
    settings.DECISION_HOLD_SECONDS = 3600
    request = make_request(flow)
    workflow.deny(request.pk, actor=anna, reason="No contract.", note="Called them.")
    workflow.undo(request.pk, actor=anna)
    workflow.approve(request.pk, actor=anna)
    workflow.record_failed(request.pk, code="x", explanation="Broken.")
    workflow.retry_delivery(request.pk, actor=anna)
    workflow.record_provisioned(request.pk, guest_id="9d1c", made=Delivery.Made.INVITED)
    told = [(event.action, event.actor_name) for event in request.events.all()]
    assert told == [
        (Action.SUBMITTED, ""),
        (Action.DENIED, "Anna Berg"),
        (Action.UNDONE, "Anna Berg"),
        (Action.APPROVED, "Anna Berg"),
        (Action.DELIVERY_FAILED, ""),
        (Action.DELIVERY_RETRIED, "Anna Berg"),
        (Action.PROVISIONED, ""),
    ]
