"""What Celery runs. Each task is a few lines: the work is in `outbox`."""

from __future__ import annotations

import time
from threading import Event

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from approvals import outbox
from approvals.models import WorkerHeartbeat

stopping = Event()
"""Set when this worker has been asked to end: the entries in hand are finished, and no further one is taken."""

_last_drain = time.monotonic()


@shared_task(name="approvals.tasks.drain_outbox")
def drain_outbox() -> None:
    """Deliver what is due. Runs periodically, and when somebody nudges."""
    global _last_drain  # noqa: PLW0603 - one small memory for each process
    _last_drain = time.monotonic()
    outbox.drain(seconds=settings.OUTBOX_DRAIN_AT_MOST_SECONDS, stop=stopping.is_set)


@shared_task(name="approvals.tasks.beat_heart")
def beat_heart() -> None:
    """Leave a sign of life for /readyz, in one statement."""
    now = timezone.now()
    if not WorkerHeartbeat.objects.filter(pk=1).update(seen_at=now):
        WorkerHeartbeat.objects.update_or_create(pk=1, defaults={"seen_at": now})


def seconds_without_drain() -> float:
    """How long ago a drain last began in this process, or else the process."""
    return time.monotonic() - _last_drain
