"""What breaks its worker, its handler, or even its giving up, and what nobody here knows how to do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import OperationalError
from django.utils import timezone

from approvals import outbox
from approvals.errors import Later, Never
from approvals.models import OutboxEntry

LONG = timedelta(hours=2)
given_up: list[str] = []
outcomes: list[Exception] = []


def play(entry: OutboxEntry) -> None:
    """A handler that raises what the test wants, one after another."""
    if outcomes:
        raise outcomes.pop(0)


def told(entry: OutboxEntry, code: str, reason: str) -> None:
    """What is called when an entry is given up."""
    if outcomes:
        raise outcomes.pop(0)
    given_up.append(code)


@pytest.fixture(autouse=True)
def handlers(settings, db: None) -> Iterator[None]:
    """One kind, whose handler and end each test writes."""
    settings.OUTBOX_HANDLERS = {"play": f"{__name__}.play"}
    settings.OUTBOX_GIVE_UP = {"play": f"{__name__}.told"}
    settings.OUTBOX_PATIENCE, settings.OUTBOX_AT_ONCE = {"default": 10_000}, {}
    given_up.clear()
    outcomes.clear()
    yield
    OutboxEntry.objects.all().delete()


def only() -> OutboxEntry:
    return OutboxEntry.objects.get()


def drain_again_and_again(times: int) -> datetime:
    """Drain at moments two hours apart; the last of them."""
    moment = timezone.now()
    for _time in range(times):
        with time_machine.travel(moment):
            outbox.drain()
        moment += LONG
    return moment


def test_it_parks_what_takes_its_workers_with_it(settings) -> None:
    outbox.enqueue("play")
    moment = timezone.now()
    for _worker in range(outbox.ATTEMPTS_AT_A_BUG):
        with time_machine.travel(moment):
            assert outbox.claim() is not None  # and then the worker is gone
        moment += LONG
    with time_machine.travel(moment):
        outbox.drain()
    assert (only().state, only().code, given_up) == ("parked", "worker_lost", ["worker_lost"])


def test_it_does_not_park_what_was_unlucky_now_and_then() -> None:
    outbox.enqueue("play")
    moment = timezone.now()
    for _round in range(3):
        for _worker in range(outbox.ATTEMPTS_AT_A_BUG - 1):
            with time_machine.travel(moment):
                assert outbox.claim() is not None
            moment += LONG
        outcomes.append(Later("busy"))
        with time_machine.travel(moment):
            outbox.drain()
        moment += LONG
    assert (only().state, only().crashes) == ("queued", 0)


def test_waiting_long_is_no_bug() -> None:
    """Attempts that ended in *later* do not count when something breaks once."""
    outbox.enqueue("play")
    outcomes.extend(Later("throttled") for _many in range(20))
    outcomes.append(RuntimeError())
    drain_again_and_again(21)
    assert (only().state, only().attempts, only().crashes) == ("queued", 21, 1)


def test_trouble_with_the_database_is_no_bug() -> None:
    outbox.enqueue("play")
    outcomes.extend(OperationalError() for _many in range(20))
    drain_again_and_again(20)
    assert (only().state, only().code, only().crashes) == ("queued", "database_trouble", 0)


def test_a_giving_up_that_breaks_is_repeated_and_stops_nobody(log_lines) -> None:
    outbox.enqueue("play")
    outcomes.extend([Never("refused", "No."), RuntimeError("secret@fabrikam.example")])
    outbox.drain()
    assert (only().state, only().lease, given_up) == ("queued", None, [])
    assert "secret@fabrikam.example" not in log_lines.getvalue()
    outcomes.append(Never("refused", "No."))
    with time_machine.travel(timezone.now() + LONG):
        outbox.drain()
    assert (only().state, given_up) == ("parked", ["refused"])


def test_it_leaves_a_kind_that_it_does_not_know_to_a_newer_worker(settings) -> None:
    outbox.enqueue("of_the_next_release", delay=-60)
    outbox.enqueue("play")
    assert outbox.drain() == 1
    assert OutboxEntry.objects.get(kind="of_the_next_release").state == "queued"
    settings.OUTBOX_HANDLERS = {"of_the_next_release": f"{__name__}.play"}
    assert outbox.drain() == 1


def test_it_ends_after_the_entry_in_hand_when_it_is_told_to_stop() -> None:
    for _number in range(3):
        outbox.enqueue("play")
    answers = iter([False, True, True])
    assert outbox.drain(stop=lambda: next(answers)) == 1
    assert sorted(OutboxEntry.objects.values_list("state", "attempts")) == [("done", 1), ("queued", 0), ("queued", 0)]


def test_it_ends_when_its_time_is_over() -> None:
    outbox.enqueue("play")
    assert outbox.drain(seconds=0) == 0
    assert only().attempts == 0
    assert outbox.drain(seconds=60) == 1
