"""Asking the workers for speed: once for what comes together, not for what the clock finds, never at a caller's cost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from celery.signals import before_task_publish

from approvals import nudge

DRAIN = "approvals.tasks.drain_outbox"


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """The tasks that the process publishes from now on."""
    published: list[str] = []

    def note(sender: str, **_kwargs: Any) -> None:
        published.append(sender)

    nudge._planned.clear()
    before_task_publish.connect(note)
    yield published
    before_task_publish.disconnect(note)
    nudge._planned.clear()


def test_it_asks_for_each_piece_of_work_that_is_due(asked: list[str]) -> None:
    nudge.workers()
    nudge.workers()
    assert asked == [DRAIN, DRAIN]


def test_it_asks_once_for_what_comes_due_together(asked: list[str]) -> None:
    for _many in range(50):
        nudge.workers(2.0)
    assert asked in ([DRAIN], [DRAIN, DRAIN])


def test_it_leaves_to_the_clock_what_the_clock_finds(asked: list[str], settings) -> None:
    nudge.workers(settings.OUTBOX_DRAIN_SECONDS)
    nudge.workers(3600)
    assert asked == []


def test_a_broker_that_is_away_is_left_alone(tmp_path) -> None:
    """In a process of its own, whose broker is an address where nobody listens."""
    script = "import django; django.setup(); from approvals import nudge; [nudge.workers() for _ in range(3)]"
    away = {**os.environ, "REDIS_URL": "redis://127.0.0.1:1/0", "VAR": str(tmp_path), "SECRET_KEY": "x" * 50}
    away["DJANGO_SETTINGS_MODULE"] = "config.settings"
    run = subprocess.run(
        [sys.executable, "-c", script], env=away, capture_output=True, text=True, timeout=60, check=True
    )
    assert [json.loads(line)["event"] for line in run.stderr.splitlines()] == ["broker_unreachable"]
