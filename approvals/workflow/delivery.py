"""What provisioning reports back, and trying a failed delivery again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import audit, outbox
from approvals.errors import NotAllowed, NothingToRetry
from approvals.models import Action, Delivery, SignUpRequest, UserFlow

if TYPE_CHECKING:
    from accounts.models import User

State, Stage = Delivery.State, Delivery.Stage


def record_progress(request_id: UUID, stage: Delivery.Stage) -> None:
    """Say what is being done right now. Without effect once the delivery has ended."""
    Delivery.objects.filter(pk=request_id, state=State.QUEUED).update(
        stage=stage, code="", explanation="", next_try_at=None, updated_at=timezone.now()
    )


def record_delayed(request_id: UUID, *, code: str, explanation: str, next_try_at: datetime | None) -> None:
    """Say why the delivery waits, and until when. Without effect once the delivery has ended."""
    _note_delay(request_id, code, explanation, next_try_at)


def record_standstill(request_id: UUID, *, code: str, explanation: str, next_try_at: datetime | None) -> None:
    """Say that this delivery waits for something which stops all of them, and tell the administrators.

    They are told once a day and cause, however many deliveries wait. Without effect once the delivery has ended.
    """
    told = _("Waiting for the tenant. %(reason)s Foyer goes on by itself afterwards.") % {"reason": explanation}
    with transaction.atomic(durable=True):
        if not _note_delay(request_id, code, told, next_try_at):
            return
        today = f"{timezone.now():%Y-%m-%d}"
        outbox.enqueue("standstill.announce", once=f"standstill:{code}:{today}", code=code, explanation=explanation)


def record_provisioned(request_id: UUID, *, guest_id: str, made: Delivery.Made, redeem_url: str = "") -> bool:
    """The guest is there: the request is closed and the applicant is mailed, unless Entra's invitation already did.

    True the first time; after that False, and nothing changes.
    """
    with transaction.atomic(durable=True):
        ended = Delivery.objects.filter(pk=request_id).exclude(state=State.DONE)
        done = {
            "state": State.DONE,
            "stage": Stage.FINISHED,
            "guest_id": guest_id,
            "made": made,
            "redeem_url": redeem_url,
        }
        if ended.update(**done, code="", explanation="", next_try_at=None, updated_at=timezone.now()) != 1:
            return False
        SignUpRequest.objects.filter(pk=request_id).update(closed_at=timezone.now(), delivery_failed=False)
        request = SignUpRequest.objects.select_related("flow").get(pk=request_id)
        audit.record(Action.PROVISIONED, request=request, guest_id=guest_id, made=made)
        outbox.enqueue("request.let_in", request=request)
        if not _entra_mails(request, made):
            outbox.enqueue("mail.approved", request=request, decision=request.version)
    return True


def record_failed(request_id: UUID, *, code: str, explanation: str) -> bool:
    """The guest cannot be made without a person's help; `explanation` is for the administrator.

    True the first time; after that False, and nothing changes.
    """
    with transaction.atomic(durable=True):
        queued = Delivery.objects.filter(pk=request_id, state=State.QUEUED)
        failed = {"state": State.FAILED, "code": code, "explanation": explanation, "next_try_at": None}
        if queued.update(**failed, updated_at=timezone.now()) != 1:
            return False
        SignUpRequest.objects.filter(pk=request_id).update(delivery_failed=True)
        request = SignUpRequest.objects.select_related("flow").get(pk=request_id)
        audit.record(Action.DELIVERY_FAILED, request=request, code=code, explanation=explanation)
    return True


def retry_delivery(request_id: UUID, *, actor: User | None) -> None:
    """Try a failed delivery again, now. Raises NotAllowed or NothingToRetry (also the second time)."""
    with transaction.atomic(durable=True):
        request = SignUpRequest.objects.select_related("flow").get(pk=request_id)
        if actor is not None and not request.flow.is_reviewed_by(actor):
            raise NotAllowed
        failed = Delivery.objects.filter(pk=request_id, state=State.FAILED)
        again = {"state": State.QUEUED, "stage": Stage.WAITING, "code": "", "explanation": ""}
        if failed.update(**again, updated_at=timezone.now()) != 1:
            raise NothingToRetry
        SignUpRequest.objects.filter(pk=request_id).update(delivery_failed=False)
        audit.record(Action.DELIVERY_RETRIED, request=request, actor=actor)
        outbox.enqueue("guest.provision", request=request, actor=actor, decision=request.version)


def _note_delay(request_id: UUID, code: str, explanation: str, next_try_at: datetime | None) -> bool:
    queued = Delivery.objects.filter(pk=request_id, state=State.QUEUED)
    delayed = {"code": code, "explanation": explanation, "next_try_at": next_try_at}
    return queued.update(**delayed, updated_at=timezone.now()) == 1


def _entra_mails(request: SignUpRequest, made: Delivery.Made) -> bool:
    by_entra = request.flow.invitation_mail == UserFlow.InvitationMail.ENTRA
    return by_entra and made == Delivery.Made.INVITED
