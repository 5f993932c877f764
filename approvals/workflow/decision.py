"""Approving, denying, and taking a decision back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.utils import timezone

from approvals import audit, outbox
from approvals.errors import (
    AlreadyDecided,
    AnotherRequestOpen,
    CannotReopen,
    InvalidDecision,
    NotAllowed,
    NotDecided,
    RequestChanged,
    TooLateToUndo,
)
from approvals.models import Action, Delivery, SignUpRequest, UserFlow
from approvals.workflow import forecast

if TYPE_CHECKING:
    from accounts.models import User

LONGEST_TEXT = 2000
Status = SignUpRequest.Status


def approve(request_id: UUID, *, actor: User | None, version: int | None = None, note: str = "") -> SignUpRequest:
    """Approve a pending request; its guest is made after DECISION_HOLD_SECONDS.

    With `version`, only if the request is still what the actor saw. Raises NotAllowed, AlreadyDecided (also the second
    time), RequestChanged or InvalidDecision, and has then changed nothing.
    """
    with transaction.atomic(durable=True):
        request = _decide(request_id, Status.APPROVED, actor=actor, version=version, note=note)
        audit.record(Action.APPROVED, request=request, actor=actor, note=note)
        deliver(request, actor)
    return request


def deny(
    request_id: UUID,
    *,
    actor: User | None,
    version: int | None = None,
    reason: str = "",
    note: str = "",
    tell_applicant: bool = True,
) -> SignUpRequest:
    """Deny a pending request. `reason` is for the applicant, `note` for reviewers alone.

    The applicant is mailed after DECISION_HOLD_SECONDS if `tell_applicant`. Raises as `approve` does.
    """
    with transaction.atomic(durable=True):
        request = _decide(
            request_id,
            Status.DENIED,
            actor=actor,
            version=version,
            note=note,
            reason=reason,
            tell_applicant=tell_applicant,
        )
        audit.record(
            Action.DENIED,
            request=request,
            actor=actor,
            reason=reason,
            note=note,
            tell_applicant=tell_applicant,
        )
        if tell_applicant:
            outbox.enqueue(
                "mail.denied",
                request=request,
                actor=actor,
                delay=settings.DECISION_HOLD_SECONDS,
                decision=request.version,
            )
    return request


def undo(request_id: UUID, *, actor: User | None, version: int | None = None) -> SignUpRequest:
    """Take back a decision whose effects have not begun: the request is pending as if nothing had been.

    With `version`, only the decision that the actor saw: a late click must not undo a colleague's newer one. Raises
    NotAllowed, NotDecided (also the second time), RequestChanged or TooLateToUndo, and has then changed nothing.
    """
    with transaction.atomic(durable=True):
        request = _load(request_id, actor)
        if request.status not in (Status.APPROVED, Status.DENIED):
            raise NotDecided
        _refuse_other_version(request, version)
        if request.is_in_effect() or not outbox.cancel_decision(request, request.version):
            raise TooLateToUndo
        undone = request.status
        _back_to_pending(request)
        audit.record(Action.UNDONE, request=request, actor=actor, decision=undone)
    return _fresh(request)


def reopen(request_id: UUID, *, actor: User | None, version: int | None = None) -> SignUpRequest:
    """Put a decided request back into the queue: a denied, expired or withdrawn one, or one whose guest could not be made.

    Mail that was sent stays sent; what has not left yet is cancelled. Raises NotAllowed, CannotReopen (pending, or the
    guest is there or being made), RequestChanged (not at `version`), or AnotherRequestOpen when the person has asked again since.
    """
    try:
        with transaction.atomic(durable=True):
            request = _load(request_id, actor)
            if not can_be_reopened(request):
                raise CannotReopen
            _refuse_other_version(request, version)
            outbox.drop_decision(request, request.version)
            undone = request.status
            _back_to_pending(request)
            audit.record(Action.REOPENED, request=request, actor=actor, decision=undone)
            forecast.expect_change(request, actor=actor)
    except IntegrityError as error:
        raise AnotherRequestOpen from error
    return _fresh(request)


def can_be_reopened(request: SignUpRequest) -> bool:
    """Whether `reopen` would accept this request as it is now, a newer request of the same person apart."""
    if request.status == Status.APPROVED:
        return Delivery.objects.filter(request=request, state=Delivery.State.FAILED).exists()
    return request.status in (Status.DENIED, Status.EXPIRED, Status.WITHDRAWN)


def _load(request_id: UUID, actor: User | None) -> SignUpRequest:
    """The request, locked where the database has row locks. Raises NotAllowed, SignUpRequest.DoesNotExist."""
    requests = SignUpRequest.objects.select_for_update(of=("self",)).select_related("flow")
    request = requests.get(pk=request_id)
    if actor is not None and not request.flow.is_reviewed_by(actor):
        raise NotAllowed
    return request


def _decide(
    request_id: UUID,
    status: Status,
    *,
    actor: User | None,
    version: int | None,
    note: str,
    **texts: str | bool,
) -> SignUpRequest:
    """Move a pending request to `status`. The database decides between two reviewers."""
    request = SignUpRequest.objects.select_related("flow").get(pk=request_id)
    _refuse(request, actor, version, [note, str(texts.get("reason", ""))])
    now = timezone.now()
    seen = {} if version is None else {"version": version}
    moved = SignUpRequest.objects.filter(pk=request_id, status=Status.PENDING, **seen).update(
        status=status,
        version=models.F("version") + 1,
        decided_at=now,
        decided_by=actor,
        effects_at=now + timedelta(seconds=settings.DECISION_HOLD_SECONDS),
        closed_at=None if status == Status.APPROVED else now,
        note=note,
        **texts,
    )
    if moved != 1:
        raise _lost_race(request_id)
    return _fresh(request)


def _refuse(request: SignUpRequest, actor: User | None, version: int | None, texts: list[str]) -> None:
    if actor is not None and not request.flow.is_reviewed_by(actor):
        raise NotAllowed
    if request.status != Status.PENDING:
        raise AlreadyDecided
    _refuse_other_version(request, version)
    if any(len(text) > LONGEST_TEXT or "\0" in text for text in texts):
        raise InvalidDecision


def _refuse_other_version(request: SignUpRequest, version: int | None) -> None:
    if version is not None and request.version != version:
        raise RequestChanged


def _lost_race(request_id: UUID) -> AlreadyDecided | RequestChanged:
    still_pending = SignUpRequest.objects.filter(pk=request_id, status=Status.PENDING).exists()
    return RequestChanged() if still_pending else AlreadyDecided()


def deliver(request: SignUpRequest, actor: User | None) -> None:
    """Start the delivery of an approval, held for the time in which it can be undone; within the caller's transaction."""
    on_return = request.flow.provisioning == UserFlow.Provisioning.ON_RETURN
    stage = Delivery.Stage.AWAITING_RETURN if on_return else Delivery.Stage.WAITING
    Delivery.objects.create(request=request, stage=stage)
    kind = "mail.approved" if on_return else "guest.provision"
    outbox.enqueue(kind, request=request, actor=actor, delay=settings.DECISION_HOLD_SECONDS, decision=request.version)


def _back_to_pending(request: SignUpRequest) -> None:
    moved = SignUpRequest.objects.move(
        request.pk,
        request.version,
        status=Status.PENDING,
        decided_at=None,
        decided_by=None,
        decided_by_policy=False,
        effects_at=None,
        closed_at=None,
        reason="",
        note="",
        tell_applicant=True,
        delivery_failed=False,
    )
    if not moved:
        raise RequestChanged
    Delivery.objects.filter(request=request).delete()


def _fresh(request: SignUpRequest) -> SignUpRequest:
    return SignUpRequest.objects.select_related("flow", "decided_by").get(pk=request.pk)
