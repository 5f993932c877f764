"""What Celery runs. Each task is a few lines: the work is in `outbox`."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from approvals import outbox
from approvals.models import WorkerHeartbeat


@shared_task(name="approvals.tasks.drain_outbox")
def drain_outbox() -> None:
    """Deliver what is due. Runs periodically, and when somebody nudges."""
    outbox.drain()


@shared_task(name="approvals.tasks.beat_heart")
def beat_heart() -> None:
    """Leave a sign of life for /readyz."""
    WorkerHeartbeat.objects.update_or_create(pk=1, defaults={"seen_at": timezone.now()})
