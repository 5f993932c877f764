"""What an applicant is told, and the recording of a sign-up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from django.db import transaction
from django.utils import timezone

from approvals import audit, outbox
from approvals.applicant import Applicant
from approvals.models import Action, Delivery, SignUpRequest, UserFlow
from approvals.workflow import recording
from approvals.workflow.judged import claims_of

EARLIER_ANSWERS_KEPT = 10
ATTEMPTS_TO_RECORD = 3


class Kind(Enum):
    """The few things that an applicant may be told."""

    NEW = "new"  # nothing stands in the way of asking
    RECORDED = "recorded"  # the request was taken just now
    WAITING = "waiting"
    DENIED = "denied"
    APPROVED = "approved"  # the guest is being made
    MAY_CONTINUE = "may_continue"  # Entra may create the account now


class CannotRecord(Exception):
    """The applicant's requests changed under every attempt to record another."""


@dataclass(frozen=True)
class Standing:
    """Where an applicant stands. `request` is the one that it follows from; None when there is none."""

    kind: Kind
    request: SignUpRequest | None = None


def check_status(flow: UserFlow, applicant: Applicant) -> Standing:
    """Where the applicant stands in this flow. Changes nothing."""
    request = recording.newest(flow, applicant)
    return _standing(request) if request else Standing(Kind.NEW)


def submit(flow: UserFlow, applicant: Applicant) -> Standing:
    """Record the sign-up, or say where the applicant already stands.

    However often and however many at once the same person submits, there is one open request: the database refuses
    a second, and the call that was refused then finds the first. Never returns NEW.
    """
    # Most who submit have never asked before, and for them this is all.
    request = recording.record(flow, applicant, previous=None)
    for _attempt in range(ATTEMPTS_TO_RECORD):
        if request is not None:
            return Standing(Kind.RECORDED, request)
        latest = recording.newest(flow, applicant)
        standing = _standing(latest) if latest else Standing(Kind.NEW)
        if standing.kind is not Kind.NEW:
            return _here_again(standing, applicant)
        request = recording.record(flow, applicant, previous=latest)
    raise CannotRecord


def _here_again(standing: Standing, applicant: Applicant) -> Standing:
    """Write down what the call of somebody whose request stands brought with it."""
    request = standing.request
    if request is None:
        return standing
    with transaction.atomic(durable=True):
        if standing.kind is Kind.MAY_CONTINUE:
            _record_return(request)
        elif request.status == SignUpRequest.Status.PENDING:
            _take_new_answers(request, applicant)
    return standing


def _standing(request: SignUpRequest) -> Standing:
    """What follows from the applicant's newest request. A decision that can still be undone is not told."""
    status, decided = request.status, SignUpRequest.Status
    if request.decided_by_policy and request.is_in_effect() and request.closed_at == request.decided_at:
        # What ended with the policy's decision does not bind it: it is asked again, and may have changed. An approval that
        # closed when the applicant came back is one as a person's.
        return Standing(Kind.NEW, request)
    if status == decided.PENDING or (status in (decided.APPROVED, decided.DENIED) and not request.is_in_effect()):
        return Standing(Kind.WAITING, request)
    if status == decided.DENIED:
        again = request.may_ask_again_at()
        may_ask = again is not None and again <= timezone.now()
        return Standing(Kind.NEW if may_ask else Kind.DENIED, request)
    if status == decided.APPROVED:
        return Standing(_kind_after_approval(request), request)
    return Standing(Kind.NEW, request)


def _kind_after_approval(request: SignUpRequest) -> Kind:
    if request.flow.provisioning == UserFlow.Provisioning.ON_RETURN:
        return Kind.MAY_CONTINUE
    return Kind.APPROVED if request.closed_at is None else Kind.NEW


def _take_new_answers(request: SignUpRequest, applicant: Applicant) -> None:
    """Keep changed answers of a pending request, the earlier ones beside them. What the policy has set stays set.

    The version counts up, so that nobody approves answers that they have not seen. Entra's own repetition of a call
    brings the same answers and changes nothing.
    """
    request = SignUpRequest.objects.select_related("flow").get(pk=request.pk)
    if request.received == applicant.received:
        return
    earlier = {"until": timezone.now().isoformat(), "received": request.received}
    kept = [*request.earlier_answers, earlier][-EARLIER_ANSWERS_KEPT:]
    changed = SignUpRequest.objects.filter(status=SignUpRequest.Status.PENDING).move(
        request.pk,
        request.version,
        received=applicant.received,
        attributes={**applicant.attributes, **claims_of(request)},
        display_name=applicant.display_name,
        earlier_answers=kept,
    )
    if changed:
        verified: dict[str, Any] = {"after_verification": True} if request.verifications.exists() else {}
        audit.record(Action.ANSWERS_CHANGED, request=request, **verified)
        outbox.enqueue("request.examine", request=request)


def _record_return(request: SignUpRequest) -> None:
    """Note that Entra was told to create the account; the first time completes the delivery."""
    ended = Delivery.objects.filter(request=request).exclude(state=Delivery.State.DONE)
    finished = {"state": Delivery.State.DONE, "stage": Delivery.Stage.FINISHED, "made": Delivery.Made.RETURNED}
    if ended.update(**finished) == 1:
        outbox.enqueue("request.let_in", request=request)
    SignUpRequest.objects.filter(pk=request.pk, closed_at=None).update(closed_at=timezone.now(), delivery_failed=False)
    audit.record(Action.RETURNED, request=request)
