"""Asking the workers for speed: once for what comes together, not for what the clock finds, never at a caller's cost."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery.signals import before_task_publish

from approvals import nudge
from approvals.nudge import Messenger

DRAIN = "approvals.tasks.drain_outbox"

SCRIPT = """
import time, django
django.setup()
from approvals import nudge
began = time.monotonic()
for _ in range(1000):
    nudge.workers()
print(time.monotonic() - began, nudge.wait({patience}))
for _ in range(3):
    nudge.workers()
    nudge.wait({patience})
"""


@pytest.fixture
def asked() -> Iterator[list[str]]:
    """The tasks that the process publishes from now on."""
    published: list[str] = []

    def note(sender: str, **_kwargs: Any) -> None:
        published.append(sender)

    assert nudge.wait()
    before_task_publish.connect(note)
    yield published
    before_task_publish.disconnect(note)


def test_it_asks_again_for_work_that_comes_later(asked: list[str]) -> None:
    messenger = Messenger()
    for _again in range(2):
        messenger.ask()
        assert messenger.wait()
    assert asked == [DRAIN, DRAIN]


def test_it_asks_once_for_what_comes_due_together(asked: list[str]) -> None:
    messenger = Messenger()
    for _many in range(50):
        messenger.ask(2.0)
        assert messenger.wait()
    assert 1 <= len(asked) < 50


def test_its_messages_grow_stale() -> None:
    expiries: list[datetime] = []

    def note(headers: dict[str, Any], **_kwargs: Any) -> None:
        expiries.append(datetime.fromisoformat(headers["expires"]))

    assert nudge.wait()
    before_task_publish.connect(note)
    try:
        messenger = Messenger()
        messenger.ask()
        assert messenger.wait()
    finally:
        before_task_publish.disconnect(note)
    assert [expiry < datetime.now(UTC) + timedelta(minutes=1) for expiry in expiries] == [True]


def test_it_leaves_to_the_clock_what_the_clock_finds(asked: list[str], settings) -> None:
    nudge.workers(settings.OUTBOX_DRAIN_SECONDS)
    nudge.workers(3600)
    assert nudge.wait()
    assert asked == []


@pytest.fixture
def silent_broker() -> Iterator[str]:
    """An address where connections are taken and nothing is ever answered."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def run(broker: str, folder: object, patience: float) -> tuple[float, bool, list[str]]:
    """How long a thousand nudges took a process, whether they had gone within its patience, and what it logged."""
    environ = {**os.environ, "VAR": str(folder), "SECRET_KEY": "x" * 50, "REDIS_URL": broker}
    environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    command = [sys.executable, "-c", SCRIPT.format(patience=patience)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=True)
    took, gone = done.stdout.split()
    return float(took), gone == "True", [json.loads(line)["event"] for line in done.stderr.splitlines()]


def test_a_broker_that_hangs_keeps_nobody(silent_broker: str, tmp_path) -> None:
    took, gone, _told = run(silent_broker, tmp_path, 0.2)
    assert not gone
    # The broker's own time limit is five seconds: whoever waited for it would have taken longer.
    assert took < 5


def test_a_broker_that_is_away_is_left_alone(tmp_path) -> None:
    _took, gone, told = run("redis://127.0.0.1:1/0", tmp_path, 30)
    assert gone
    assert told == ["broker_unreachable"]


def test_what_is_asked_for_meanwhile_is_one_message(tmp_path) -> None:
    _took, gone, _told = run("", tmp_path, 30)
    messages = list((tmp_path / "broker").glob("*"))
    assert gone
    assert 1 <= len(messages) < 1000
