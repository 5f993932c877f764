"""How an attempt ends: done, again later, or given up. Without effect when the lease has passed to another worker."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Greatest
from django.utils import timezone
from django.utils.module_loading import import_string

from approvals import audit, nudge
from approvals.errors import Later
from approvals.models import Action, OutboxEntry
from approvals.outbox import kinds

log = structlog.get_logger(__name__)

FIRST_DELAY_SECONDS = 2.0
LONGEST_DELAY_SECONDS = 3600.0
ATTEMPTS_AT_A_BUG = 12


@dataclass(frozen=True)
class Done:
    """What a handler may return: an audit event to write in the transaction that ends its entry."""

    action: Action
    data: dict[str, Any] = field(default_factory=dict)


GiveUp = Callable[[OutboxEntry, str, str], Done | None]


def postpone(entry: OutboxEntry, later: Later, *, crashes: int = 0) -> None:
    """Come back after the delay that the handler asked for, or the usual one; give up when patience is at its end."""
    now = timezone.now()
    if now - (entry.begun_at or now) > kinds.patience(entry.kind):
        give_up(entry, later.code, later.reason)
        return
    delay = back_off(entry.attempts) if later.delay is None else later.delay
    due_at = now + timedelta(seconds=delay)
    # An entry that was set back behind others' keeps that place.
    again = {"due_at": due_at, "turn_at": Greatest("turn_at", due_at), "lease": None, "crashes": crashes}
    if not later.counts:
        # One is left: an entry that was begun is never again one that was not.
        again["attempts"] = Greatest(models.F("attempts") - 1, 1)
    if _held(entry).update(**again, code=later.code) == 1 and entry.lane:
        _hold_back_followers(entry, due_at)
    log.info("outbox_later", kind=entry.kind, entry=str(entry.id), code=later.code, delay=round(delay, 1))
    nudge.workers(delay)


def after_a_bug(entry: OutboxEntry) -> None:
    """Come back, or give up when it went wrong like this ATTEMPTS_AT_A_BUG times in a row."""
    crashes = entry.crashes + 1
    if crashes >= ATTEMPTS_AT_A_BUG:
        give_up(entry, "internal_error", "")
    else:
        postpone(entry, Later("internal_error"), crashes=crashes)


def back_off(attempts: int) -> float:
    """Seconds until the next attempt: doubling from 2 s, each with up to half as much again at random, at most an hour."""
    base: float = FIRST_DELAY_SECONDS * 2 ** min(max(attempts - 1, 0), 20)
    return min(base, LONGEST_DELAY_SECONDS / 1.5) * random.uniform(1, 1.5)  # noqa: S311 - spreads load, guards nothing


def give_up(entry: OutboxEntry, code: str, reason: str) -> None:
    """Park an entry that cannot succeed, after its kind has told whoever waits for it.

    When the telling breaks, the entry comes back in an hour: nobody is to wait for what nobody knows to have failed.
    """
    path = settings.OUTBOX_GIVE_UP.get(entry.kind)
    tell: GiveUp | None = import_string(path) if path else None
    try:
        done = tell(entry, code, reason) if tell else None
    except Exception:
        log.exception("outbox_giving_up_broke", kind=entry.kind, entry=str(entry.id), code=code)
        due_at = timezone.now() + timedelta(seconds=LONGEST_DELAY_SECONDS)
        _held(entry).update(due_at=due_at, turn_at=due_at, lease=None, code=code)
        return
    end(entry, OutboxEntry.State.PARKED, code, done)
    log.warning("outbox_gave_up", kind=entry.kind, entry=str(entry.id), code=code, attempts=entry.attempts)


def end(entry: OutboxEntry, state: OutboxEntry.State, code: str, done: Done | None) -> None:
    """Write down the end, and with it the audit event."""
    with transaction.atomic():
        if _held(entry).update(state=state, lease=None, code=code, ended_at=timezone.now()) == 1 and done:
            audit.record(done.action, request=entry.request, **done.data)


def _hold_back_followers(entry: OutboxEntry, due_at: datetime) -> None:
    """Let what waits for this entry come due with it, so that claims need not step over it meanwhile."""
    waiting = OutboxEntry.objects.queued().filter(request=entry.request_id, lane=entry.lane, id__gt=entry.pk)
    waiting.filter(due_at__lt=due_at).update(due_at=due_at, turn_at=Greatest("turn_at", due_at))


def _held(entry: OutboxEntry) -> models.QuerySet[OutboxEntry]:
    """The entry, as long as this worker's lease on it has not passed to another."""
    return OutboxEntry.objects.queued().filter(pk=entry.pk, lease=entry.lease)
