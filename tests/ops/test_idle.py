"""What a system asks its database for while nothing happens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from approvals import tasks
from approvals.models import OutboxEntry, UserFlow, WorkerHeartbeat
from tests.factories import make_request

WORKERS = 2
NEXT_CENTURY = datetime(2101, 1, 1, tzinfo=UTC)


def queries_of(deed: Callable[[], object]) -> int:
    """How many statements a task sends."""
    with CaptureQueriesContext(connection) as captured:
        deed()
    return len(captured)


@pytest.mark.django_db(transaction=True)
def test_an_idle_system_asks_less_than_once_a_second() -> None:
    """Each periodic task of two workers, with the statement that sets up its connection."""
    tasks.beat_heart()
    periodic = {"approvals.tasks.drain_outbox": tasks.drain_outbox, "approvals.tasks.beat_heart": tasks.beat_heart}
    schedule: list[dict[str, Any]] = list(settings.CELERY_BEAT_SCHEDULE.values())
    assert {entry["task"] for entry in schedule} == set(periodic)
    a_second = [(queries_of(periodic[entry["task"]]) + 1) / entry["schedule"] for entry in schedule]
    assert WORKERS * sum(a_second) < 1


def test_held_work_does_not_keep_the_workers_busy(flow: UserFlow) -> None:
    make_request(flow)
    tasks.drain_outbox()
    make_request(flow, email="held@fabrikam.example")
    OutboxEntry.objects.queued().update(due_at=NEXT_CENTURY, turn_at=NEXT_CENTURY)
    assert queries_of(tasks.drain_outbox) == 1


def test_a_heartbeat_is_one_statement(db: None) -> None:
    tasks.beat_heart()
    first = WorkerHeartbeat.objects.get().seen_at
    assert queries_of(tasks.beat_heart) == 1
    assert WorkerHeartbeat.objects.get().seen_at > first


def test_no_message_comes_back_while_its_task_runs() -> None:
    """Redis gives an unacknowledged message to another worker after the visibility timeout."""
    longest = settings.OUTBOX_DRAIN_AT_MOST_SECONDS + settings.OUTBOX_LEASE_SECONDS
    assert longest < settings.CELERY_TASK_SOFT_TIME_LIMIT < settings.CELERY_TASK_TIME_LIMIT
    assert settings.CELERY_TASK_TIME_LIMIT < settings.BROKER_VISIBILITY_SECONDS
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
