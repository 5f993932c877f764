"""Driving the outbox as a worker does, for mail alone."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from approvals import outbox, workflow
from approvals.models import Action, AuditEvent, Delivery, OutboxEntry, SignUpRequest


def deliver_mail() -> None:
    """Work on all mail that is due; guests are somebody else's work and wait."""
    later = timezone.now() + timedelta(days=30)
    OutboxEntry.objects.queued().filter(kind="guest.provision").update(due_at=later)
    outbox.drain()


def discard_mail() -> None:
    """Have what is queued so far not sent, so that a test sees its own mail only."""
    OutboxEntry.objects.queued().update(state=OutboxEntry.State.CANCELLED, ended_at=timezone.now())


def mail_events(request: SignUpRequest, action: Action = Action.MAIL_SENT) -> list[dict[str, object]]:
    """What the request's timeline says about mail."""
    return [event.data for event in AuditEvent.objects.filter(request=request, action=action)]


def approve(request: SignUpRequest, *, made: Delivery.Made = Delivery.Made.CREATED, redeem_url: str = "") -> None:
    """Approve the request, and let its guest come about."""
    workflow.approve(request.pk, actor=None)
    workflow.record_provisioned(request.pk, guest_id="guest-1", made=made, redeem_url=redeem_url)
