"""Counting the requests that are older than the counting: a few hundred at a time, by a worker, beside everything else."""

from __future__ import annotations

import time
from uuid import UUID

from django.utils import timezone

from approvals.errors import Later
from approvals.hints.counting import NEEDED, count
from approvals.models import EarlierRequestsCounted, OutboxEntry, SignUpRequest

BATCH = 500
SECONDS = 5.0


def count_earlier(_entry: OutboxEntry | None = None) -> None:
    """Go on where it was left, for SECONDS; Later when that was not enough. Safe to run twice, and by two at once.

    Each batch is a short transaction of its own along the primary key. New requests are counted meanwhile as ever, and
    none twice.
    """
    end = time.monotonic() + SECONDS
    while _count_some():
        if time.monotonic() > end:
            raise Later("more_to_count", delay=0)


def is_finished() -> bool:
    """Whether the counts can be relied on to know every request there was."""
    return not EarlierRequestsCounted.objects.filter(finished_at=None).exists()


def _count_some() -> bool:
    """Count one batch; whether there may be another."""
    progress = EarlierRequestsCounted.objects.filter(finished_at=None).first()
    if progress is None:
        return False
    batch = _after(progress.up_to)
    count(batch)
    changes = {"up_to": batch[-1].pk} if batch else {"finished_at": timezone.now()}
    EarlierRequestsCounted.objects.filter(pk=progress.pk, up_to=progress.up_to).update(**changes)
    return bool(batch)


def _after(key: UUID | None) -> list[SignUpRequest]:
    rows = SignUpRequest.objects.only(*NEEDED).order_by("pk")
    return list((rows.filter(pk__gt=key) if key else rows)[:BATCH])
