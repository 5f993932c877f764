"""The outbox: work is written with its cause, leased by a worker, and ended once.

Delivery is at least once: a worker that dies after the work and before `end` leaves an entry that comes due again.
Handlers are therefore safe to run twice.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import structlog
from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from approvals import audit, nudge
from approvals.errors import Later, Never
from approvals.models import Action, OutboxEntry, SignUpRequest

log = structlog.get_logger(__name__)

FIRST_DELAY_SECONDS = 2.0
LONGEST_DELAY_SECONDS = 3600.0
ATTEMPTS_AT_A_BUG = 12


@dataclass(frozen=True)
class Done:
    """What a handler may return: an audit event to write in the transaction that ends its entry."""

    action: Action
    data: dict[str, Any] = field(default_factory=dict)


Handler = Callable[[OutboxEntry], Done | None]
GiveUp = Callable[[OutboxEntry, str, str], Done | None]


def enqueue(
    kind: str,
    *,
    request: SignUpRequest | None = None,
    delay: float = 0,
    once: str | None = None,
    **payload: Any,
) -> None:
    """Write work that is due after `delay` seconds, and nudge a worker when the transaction has committed.

    With `once`, a second call with the same value changes nothing. The payload takes ids and codes only.
    """
    entry = OutboxEntry(
        kind=kind,
        request=request,
        payload=payload,
        once=once,
        due_at=timezone.now() + timedelta(seconds=delay),
    )
    OutboxEntry.objects.bulk_create([entry], ignore_conflicts=once is not None)
    transaction.on_commit(lambda: nudge.workers(delay), robust=True)


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
    fresh = {"state": OutboxEntry.State.QUEUED, "attempts": 0, "due_at": now, "created_at": now}
    if parked.update(**fresh, lease=None, code="", ended_at=None) != 1:
        return False
    transaction.on_commit(nudge.workers, robust=True)
    return True


def drain(limit: int = 1000) -> int:
    """Work on what is due until nothing is, or `limit` entries are done; the number that was worked on."""
    worked = 0
    while worked < limit:
        entry = _claim_next()
        if entry is None:
            break
        _work(entry)
        worked += 1
    return worked


def _claim_next() -> OutboxEntry | None:
    """Lease the entry that has been due longest, or None. Two workers never get the same one."""
    for candidate in OutboxEntry.objects.due(timezone.now())[:20]:
        claimed = _claim(candidate)
        if claimed:
            return claimed
    return None


def _claim(candidate: OutboxEntry) -> OutboxEntry | None:
    lease, until = uuid4(), timezone.now() + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
    unchanged = OutboxEntry.objects.queued().filter(pk=candidate.pk, due_at=candidate.due_at, lease=candidate.lease)
    if unchanged.update(due_at=until, lease=lease, attempts=models.F("attempts") + 1) != 1:
        return None
    return OutboxEntry.objects.select_related("request__flow").get(pk=candidate.pk)


def _work(entry: OutboxEntry) -> None:
    """Run the handler of a leased entry and write down how it ended."""
    try:
        handler: Handler = import_string(settings.OUTBOX_HANDLERS[entry.kind])
        done = handler(entry)
    except Later as later:
        _postpone(entry, later)
    except Never as never:
        _give_up(entry, never.code, never.reason)
    except Exception:
        log.exception("outbox_handler_broke", kind=entry.kind, entry=str(entry.id), attempts=entry.attempts)
        _after_a_bug(entry)
    else:
        _end(entry, OutboxEntry.State.DONE, "", done)


def _after_a_bug(entry: OutboxEntry) -> None:
    if entry.attempts >= ATTEMPTS_AT_A_BUG:
        _give_up(entry, "internal_error", "")
    else:
        _postpone(entry, Later("internal_error"))


def _postpone(entry: OutboxEntry, later: Later) -> None:
    waited = timezone.now() - entry.created_at
    if waited > timedelta(hours=settings.OUTBOX_PATIENCE_HOURS):
        _give_up(entry, later.code, later.reason)
        return
    delay = back_off(entry.attempts) if later.delay is None else later.delay
    _held(entry).update(due_at=timezone.now() + timedelta(seconds=delay), lease=None, code=later.code)
    log.info("outbox_later", kind=entry.kind, entry=str(entry.id), code=later.code, delay=round(delay, 1))
    nudge.workers(delay)


def back_off(attempts: int) -> float:
    """Seconds until the next attempt: doubling from 2 s to an hour, each with up to half as much again at random."""
    base: float = min(FIRST_DELAY_SECONDS * 2 ** max(attempts - 1, 0), LONGEST_DELAY_SECONDS)
    return base * random.uniform(1, 1.5)  # noqa: S311 - spreads load, guards nothing


def _give_up(entry: OutboxEntry, code: str, reason: str) -> None:
    """Park an entry that cannot succeed, after its kind has told whoever waits for it."""
    path = settings.OUTBOX_GIVE_UP.get(entry.kind)
    give_up: GiveUp | None = import_string(path) if path else None
    done = give_up(entry, code, reason) if give_up else None
    _end(entry, OutboxEntry.State.PARKED, code, done)
    log.warning("outbox_gave_up", kind=entry.kind, entry=str(entry.id), code=code, attempts=entry.attempts)


def _end(entry: OutboxEntry, state: OutboxEntry.State, code: str, done: Done | None) -> None:
    with transaction.atomic():
        if _held(entry).update(state=state, lease=None, code=code, ended_at=timezone.now()) == 1 and done:
            audit.record(done.action, request=entry.request, **done.data)


def _held(entry: OutboxEntry) -> models.QuerySet[OutboxEntry]:
    """The entry, as long as this worker's lease on it has not passed to another."""
    return OutboxEntry.objects.queued().filter(pk=entry.pk, lease=entry.lease)
