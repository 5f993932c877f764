"""The outbox: leased, retried, ended once, and not lost when a worker or the broker is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from approvals import outbox
from approvals.checks import outbox_handlers_exist, outbox_limits_make_sense
from approvals.errors import Later, Never
from approvals.models import Action, OutboxEntry, UserFlow
from approvals.outbox import ending
from tests.factories import make_request

calls: list[str] = []
given_up: list[tuple[str, str]] = []


def succeed(entry: OutboxEntry) -> outbox.Done:
    """A handler that succeeds."""
    calls.append(entry.payload.get("name", ""))
    return outbox.Done(Action.MAIL_SENT, {"mail": "received"})


def not_now(entry: OutboxEntry) -> None:
    """A handler that knows when to come back."""
    calls.append("later")
    raise Later("throttled", delay=7.5)


def out_of_order(entry: OutboxEntry) -> None:
    """A handler that fails and does not know for how long."""
    raise Later("graph_unavailable")


def not_ever(entry: OutboxEntry) -> None:
    """A handler that cannot succeed."""
    raise Never("refused", "The server refused it.")


def break_down(entry: OutboxEntry) -> None:
    """A handler with a bug."""
    calls.append("bug")
    raise RuntimeError("secret@fabrikam.example")


def told(entry: OutboxEntry, code: str, reason: str) -> outbox.Done:
    """What is called when an entry is given up."""
    given_up.append((code, reason))
    return outbox.Done(Action.MAIL_FAILED, {"code": code})


HANDLERS = {
    name.__name__: f"{__name__}.{name.__name__}" for name in (succeed, not_now, out_of_order, not_ever, break_down)
}


@pytest.fixture(autouse=True)
def handlers(settings, db: None) -> Iterator[None]:
    """The outbox does this module's work."""
    settings.OUTBOX_HANDLERS = HANDLERS
    settings.OUTBOX_GIVE_UP = dict.fromkeys(HANDLERS, f"{__name__}.told")
    settings.OUTBOX_PATIENCE, settings.OUTBOX_AT_ONCE = {"default": 24}, {}
    calls.clear()
    given_up.clear()
    yield
    OutboxEntry.objects.all().delete()


def only() -> OutboxEntry:
    return OutboxEntry.objects.get()


def test_it_works_on_what_is_due_and_leaves_the_rest() -> None:
    outbox.enqueue("succeed", name="due")
    outbox.enqueue("succeed", name="tomorrow", delay=86400)
    assert outbox.drain() == 1
    assert calls == ["due"]
    assert sorted(OutboxEntry.objects.values_list("state", flat=True)) == ["done", "queued"]


def test_it_works_on_the_longest_due_first() -> None:
    for name, age in (("young", 1), ("old", 3), ("middle", 2)):
        outbox.enqueue("succeed", name=name, delay=-age)
    outbox.drain()
    assert calls == ["old", "middle", "young"]


def test_it_enqueues_the_same_thing_once() -> None:
    for _twice in range(2):
        outbox.enqueue("succeed", once="waiting:1:2")
    assert OutboxEntry.objects.count() == 1


def test_it_writes_the_event_with_the_end(flow: UserFlow) -> None:
    request = make_request(flow)
    OutboxEntry.objects.all().delete()
    outbox.enqueue("succeed", request=request)
    outbox.drain()
    assert request.events.filter(action=Action.MAIL_SENT).count() == 1


def test_a_worker_that_dies_leaves_an_entry_that_comes_due_again(settings) -> None:
    outbox.enqueue("succeed", name="again")
    assert outbox.claim() is not None  # and then the worker is gone
    assert outbox.drain() == 0
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS + 1)):
        assert outbox.drain() == 1
    assert (calls, only().attempts) == (["again"], 2)


def test_a_worker_whose_lease_has_passed_ends_nothing(settings) -> None:
    outbox.enqueue("succeed")
    slow = outbox.claim()
    assert slow is not None
    with time_machine.travel(timezone.now() + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS + 1)):
        quick = outbox.claim()
        ending.end(slow, OutboxEntry.State.PARKED, "late", None)
        assert quick is not None
        assert (only().state, only().lease) == ("queued", quick.lease)


def test_two_workers_never_get_the_same_entry() -> None:
    outbox.enqueue("succeed")
    assert outbox.claim() is not None
    assert outbox.claim() is None


def test_later_comes_back_when_it_said() -> None:
    outbox.enqueue("not_now")
    before = timezone.now()
    outbox.drain()
    entry = only()
    assert (entry.state, entry.code, entry.lease) == ("queued", "throttled", None)
    assert timedelta(seconds=7.5) <= entry.due_at - before < timedelta(seconds=9)


@pytest.mark.parametrize(("kind", "attempts"), [("not_now", 1), ("out_of_order", 6)])
def test_it_does_not_count_for_a_failure_to_have_been_told_when_to_come_back(kind: str, attempts: int) -> None:
    """Else what was throttled for a while would wait for an hour after the first outage."""
    outbox.enqueue(kind)
    for _ in range(6):
        outbox.drain()
        OutboxEntry.objects.update(due_at=timezone.now(), turn_at=timezone.now())

    assert only().attempts == attempts


def test_later_has_an_end_for_each_family(settings) -> None:
    settings.OUTBOX_PATIENCE = {"not_now": 48, "default": 1}
    start = timezone.now()
    outbox.enqueue("not_now")
    outbox.drain()
    for hours, state in ((47, "queued"), (49, "parked")):
        with time_machine.travel(start + timedelta(hours=hours)):
            outbox.drain()
        assert only().state == state
    assert given_up == [("throttled", "")]


def test_patience_begins_with_the_first_attempt(settings) -> None:
    """Workers that were down for a week have not tried for a week."""
    outbox.enqueue("not_now")
    with time_machine.travel(timezone.now() + timedelta(days=7)):
        outbox.drain()
    assert (only().state, given_up) == ("queued", [])


def test_patience_begins_anew_with_a_retry(settings) -> None:
    outbox.enqueue("not_ever")
    outbox.drain()
    settings.OUTBOX_HANDLERS = {**HANDLERS, "not_ever": HANDLERS["not_now"]}
    with time_machine.travel(timezone.now() + timedelta(days=7)):
        assert outbox.retry(only().pk)
        assert not outbox.retry(only().pk)
        outbox.drain()
    assert (only().state, only().attempts) == ("queued", 1)


def test_never_is_parked_and_told(flow: UserFlow) -> None:
    request = make_request(flow)
    OutboxEntry.objects.all().delete()
    outbox.enqueue("not_ever", request=request)
    outbox.drain()
    assert (only().state, given_up) == ("parked", [("refused", "The server refused it.")])
    assert request.events.filter(action=Action.MAIL_FAILED).count() == 1


def test_a_bug_is_tried_again_and_then_parked() -> None:
    outbox.enqueue("break_down")
    moment = timezone.now()
    for _attempt in range(outbox.ATTEMPTS_AT_A_BUG):
        with time_machine.travel(moment):
            outbox.drain()
        moment += timedelta(hours=2)
    assert (only().state, only().code, len(calls)) == ("parked", "internal_error", outbox.ATTEMPTS_AT_A_BUG)


def test_a_bug_keeps_its_message_out_of_the_log(log_lines) -> None:
    outbox.enqueue("break_down")
    outbox.drain()
    logged = log_lines.getvalue()
    assert "outbox_handler_broke" in logged
    assert "RuntimeError" in logged
    assert "secret@fabrikam.example" not in logged


def test_one_bad_entry_does_not_hold_up_the_others() -> None:
    outbox.enqueue("break_down", delay=-2)
    outbox.enqueue("succeed", name="fine", delay=-1)
    outbox.drain()
    assert calls == ["bug", "fine"]


@pytest.mark.parametrize(("attempts", "shortest", "longest"), [(1, 2, 3), (2, 4, 6), (5, 32, 48), (40, 2400, 3600)])
def test_the_back_off_doubles_up_to_an_hour(attempts: int, shortest: float, longest: float) -> None:
    delays = [outbox.back_off(attempts) for _many in range(50)]
    assert shortest <= min(delays) <= max(delays) <= longest
    assert len(set(delays)) > 40


def test_a_handler_that_cannot_be_imported_is_refused_at_the_start(settings) -> None:
    assert outbox_handlers_exist() == []
    settings.OUTBOX_HANDLERS = {"guest.provision": "accounts.no_such.handler"}
    problems = outbox_handlers_exist()
    assert [(problem.id, "accounts.no_such" in str(problem.hint)) for problem in problems] == [("approvals.E001", True)]


def test_limits_that_leave_no_room_are_refused_at_the_start(settings) -> None:
    assert outbox_limits_make_sense() == []
    settings.OUTBOX_AT_ONCE = {"succeed": 0}
    settings.OUTBOX_PATIENCE = {"suceed": 5, "default": 5}
    problems = outbox_limits_make_sense()
    assert [(problem.id, problem.msg) for problem in problems] == [
        ("approvals.E002", "OUTBOX_PATIENCE has suceed=5."),
        ("approvals.E002", "OUTBOX_AT_ONCE has succeed=0."),
    ]
