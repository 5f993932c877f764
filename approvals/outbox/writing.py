"""Putting work into the outbox, and taking it back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from approvals import nudge
from approvals.models import OutboxEntry, SignUpRequest
from approvals.outbox import kinds
from approvals.outbox.turns import turn

if TYPE_CHECKING:
    from accounts.models import User


def enqueue(
    kind: str,
    *,
    request: SignUpRequest | None = None,
    actor: User | None = None,
    delay: float = 0,
    once: str | None = None,
    burst: str = "",
    **payload: Any,
) -> None:
    """Write work that is due after `delay` seconds, and nudge a worker when the transaction has committed.

    `actor` is who caused it: many entries of one person do not hold up those of others, and neither do those of one
    `burst`, which is for work that nobody caused. With `once`, a second call with the same value changes nothing. The
    payload takes ids and codes only.
    """
    request_id = request.pk if request else None
    columns = new_entry(kind, request_id=request_id, actor=actor, delay=delay, once=once, burst=burst, **payload)
    OutboxEntry.objects.bulk_create([OutboxEntry(**columns)], ignore_conflicts=once is not None)
    transaction.on_commit(lambda: nudge.workers(delay), robust=True)


def new_entry(
    kind: str,
    *,
    request_id: UUID | None,
    actor: User | None = None,
    delay: float = 0,
    once: str | None = None,
    burst: str = "",
    **payload: Any,
) -> dict[str, Any]:
    """What is to be written of new work; every other column has its default. For whoever writes rows without models."""
    due_at = timezone.now() + timedelta(seconds=delay)
    source = f"user:{actor.pk}" if actor else burst
    return {
        "kind": kind,
        "request_id": request_id,
        "payload": payload,
        "once": once,
        "lane": kinds.lane(kind),
        "source": source,
        "due_at": due_at,
        "turn_at": turn(due_at, source),
    }


def hasten(kind: str, request: SignUpRequest) -> bool:
    """Let work of that kind that waits for a request come due now. False, with nothing changed, when there is none.

    True also for work that is in hand, which is left alone.
    """
    waiting = OutboxEntry.objects.queued().filter(request=request, kind=kind)
    now = timezone.now()
    if not waiting.filter(lease=None).update(due_at=now, turn_at=now):
        return waiting.exists()
    transaction.on_commit(nudge.workers, robust=True)
    return True


def cancel_decision(request: SignUpRequest, decision: int) -> bool:
    """Take back the work of a decision. False, with nothing changed, when some of it has begun or is due."""
    work = OutboxEntry.objects.filter(request=request, payload__decision=decision)
    with transaction.atomic():
        unstarted = work.queued().filter(attempts=0, due_at__gt=timezone.now())
        unstarted.update(state=OutboxEntry.State.CANCELLED, ended_at=timezone.now())
        if work.exclude(state=OutboxEntry.State.CANCELLED).exists():
            transaction.set_rollback(True)
            return False
    return True


def drop_decision(request: SignUpRequest, decision: int) -> None:
    """Cancel what is left to do of a decision that no longer stands; what is done stays done."""
    work = OutboxEntry.objects.filter(request=request, payload__decision=decision)
    work.queued().update(state=OutboxEntry.State.CANCELLED, ended_at=timezone.now())


def retry(entry_id: UUID) -> bool:
    """Take up an entry that was given up, as if it had just been written. False when it was not given up."""
    parked = OutboxEntry.objects.filter(pk=entry_id, state=OutboxEntry.State.PARKED)
    now = timezone.now()
    # Patience begins anew: an old entry would else be given up again at its first delay.
    fresh = {"state": OutboxEntry.State.QUEUED, "attempts": 0, "crashes": 0, "begun_at": None, "code": ""}
    if parked.update(**fresh, lease=None, due_at=now, turn_at=now, ended_at=None) != 1:
        return False
    transaction.on_commit(nudge.workers, robust=True)
    return True
