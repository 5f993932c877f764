"""What is worked on first, what waits for what, and how much at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from approvals import outbox
from approvals.errors import Later
from approvals.models import OutboxEntry, SignUpRequest, UserFlow
from approvals.models.outbox_entry import LONGEST_SETBACK
from tests.factories import make_request

done: list[str] = []


def note(entry: OutboxEntry) -> None:
    """A handler that remembers the order."""
    done.append(entry.payload.get("name", entry.kind))


def wait(entry: OutboxEntry) -> None:
    """A handler that comes back in ten seconds until it is told to go on."""
    if entry.attempts < 3:
        raise Later("busy", delay=10, counts=True)
    note(entry)


@pytest.fixture(autouse=True)
def handlers(settings, db: None) -> Iterator[None]:
    """Letters go out one after another; books do not wait for anything, two at once."""
    kinds = {"letter.first": "wait", "letter.second": "note", "book.new": "note", "parcel.new": "note"}
    settings.OUTBOX_HANDLERS = {kind: f"{__name__}.{handler}" for kind, handler in kinds.items()}
    settings.OUTBOX_GIVE_UP = {}
    settings.OUTBOX_LANES = {"letter.first": "letters", "letter.second": "letters"}
    settings.OUTBOX_PATIENCE, settings.OUTBOX_AT_ONCE = {"default": 24}, {"book": 2}
    done.clear()
    yield
    OutboxEntry.objects.all().delete()


@pytest.fixture
def request_of_john(flow: UserFlow) -> SignUpRequest:
    """A request with nothing else to do."""
    request = make_request(flow)
    OutboxEntry.objects.all().delete()
    return request


def drain_in(seconds: float) -> int:
    """Drain as if so many seconds had passed."""
    with time_machine.travel(timezone.now() + timedelta(seconds=seconds)):
        return outbox.drain()


class TestLanes:
    """Of one request, what shares a lane."""

    def test_it_keeps_the_order_of_causes(self, request_of_john: SignUpRequest) -> None:
        outbox.enqueue("letter.first", request=request_of_john)
        outbox.enqueue("letter.second", request=request_of_john, delay=-5)
        for seconds in (0, 11, 22):
            drain_in(seconds)
        assert done == ["letter.first", "letter.second"]

    def test_it_keeps_the_order_while_the_first_is_in_hand(self, request_of_john: SignUpRequest) -> None:
        outbox.enqueue("letter.first", request=request_of_john)
        outbox.enqueue("letter.second", request=request_of_john)
        assert outbox.claim() is not None
        assert outbox.claim() is None

    def test_it_keeps_the_order_for_one_held_in_front(self, request_of_john: SignUpRequest) -> None:
        outbox.enqueue("letter.first", request=request_of_john, delay=30)
        outbox.enqueue("letter.second", request=request_of_john)
        assert outbox.drain() == 0
        OutboxEntry.objects.filter(kind="letter.first").update(state=OutboxEntry.State.CANCELLED)
        outbox.drain()
        assert done == ["letter.second"]

    def test_it_goes_on_when_the_first_is_given_up(self, request_of_john: SignUpRequest, settings) -> None:
        settings.OUTBOX_PATIENCE = {"default": 0}
        outbox.enqueue("letter.first", request=request_of_john)
        outbox.enqueue("letter.second", request=request_of_john)
        drain_in(0)
        drain_in(11)
        assert done == ["letter.second"]

    def test_it_lets_followers_come_due_with_what_they_wait_for(self, request_of_john: SignUpRequest) -> None:
        outbox.enqueue("letter.first", request=request_of_john)
        outbox.enqueue("letter.second", request=request_of_john)
        outbox.drain()
        first, second = OutboxEntry.objects.order_by("id")
        assert first.due_at == second.due_at
        assert not OutboxEntry.objects.due(timezone.now()).exists()

    def test_it_holds_up_nobody_else(self, request_of_john: SignUpRequest, flow: UserFlow) -> None:
        jane = make_request(flow, email="jane@fabrikam.example")
        outbox.enqueue("letter.first", request=request_of_john)
        outbox.enqueue("letter.second", request=jane, name="to jane")
        outbox.enqueue("book.new", request=request_of_john, name="book")
        outbox.drain()
        assert sorted(done) == ["book", "to jane"]


class TestLimits:
    """How much of a family may be in hand."""

    def test_it_takes_no_more_of_a_family_than_allowed(self) -> None:
        for _number in range(3):
            outbox.enqueue("book.new")
        assert [entry is not None for entry in (outbox.claim(), outbox.claim(), outbox.claim())] == [True, True, False]

    def test_it_takes_other_work_past_a_full_family(self) -> None:
        for _number in range(3):
            outbox.enqueue("book.new", delay=-60)
        outbox.enqueue("parcel.new")
        kinds = [entry.kind for entry in iter(outbox.claim, None)]
        assert kinds == ["book.new", "book.new", "parcel.new"]

    def test_it_does_not_count_what_dead_workers_held(self, settings) -> None:
        for _number in range(3):
            outbox.enqueue("book.new")
        assert [outbox.claim() is not None for _twice in range(2)] == [True, True]
        assert drain_in(settings.OUTBOX_LEASE_SECONDS + 1) == 3


class TestTurns:
    """By age, but a burst of one person's does not hold up another's."""

    def test_it_takes_a_fresh_entry_before_the_rest_of_a_burst(self, anna: User, ben: User) -> None:
        start = timezone.now()
        with time_machine.travel(start, tick=False):
            for number in range(20):
                outbox.enqueue("parcel.new", actor=anna, name=f"anna {number}")
        with time_machine.travel(start + timedelta(seconds=3), tick=False):
            outbox.enqueue("parcel.new", actor=ben, name="ben")
            outbox.enqueue("parcel.new", name="nobody")
            outbox.drain()
        assert done[:6] == ["anna 0", "anna 1", "anna 2", "anna 3", "ben", "nobody"]
        assert done[6:] == [f"anna {number}" for number in range(4, 20)]

    def test_it_sets_nobody_back_for_working_steadily(self, anna: User) -> None:
        start = timezone.now()
        for number in range(5):
            with time_machine.travel(start + timedelta(seconds=2 * number), tick=False):
                outbox.enqueue("parcel.new", actor=anna, delay=30)
        assert all(entry.turn_at == entry.due_at for entry in OutboxEntry.objects.all())

    def test_it_forgets_a_burst_after_a_minute(self, anna: User) -> None:
        for _number in range(100):
            outbox.enqueue("parcel.new", actor=anna)
        with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
            outbox.enqueue("parcel.new", actor=anna, name="fresh")
        fresh = OutboxEntry.objects.get(payload__name="fresh")
        assert fresh.turn_at == fresh.due_at

    def test_it_sets_nothing_back_for_longer_than_the_limit(self, anna: User) -> None:
        with time_machine.travel(timezone.now(), tick=False):
            outbox.enqueue("parcel.new", actor=anna)
            OutboxEntry.objects.update(turn_at=timezone.now() + LONGEST_SETBACK)
            outbox.enqueue("parcel.new", actor=anna, name="last")
        last = OutboxEntry.objects.get(payload__name="last")
        assert last.turn_at - last.due_at == LONGEST_SETBACK
        assert OutboxEntry.objects.due(timezone.now()).filter(pk=last.pk).exists()

    def test_a_delay_keeps_the_place_behind_others(self, anna: User, settings) -> None:
        settings.OUTBOX_HANDLERS = {"parcel.new": f"{__name__}.wait"}
        for _number in range(20):
            outbox.enqueue("parcel.new", actor=anna)
        last = OutboxEntry.objects.latest("turn_at")
        outbox.drain()
        postponed = OutboxEntry.objects.get(pk=last.pk)
        assert postponed.attempts == 1
        assert postponed.turn_at == last.turn_at

    def test_it_asks_one_question_to_find_the_place(self, anna: User, django_assert_num_queries) -> None:
        outbox.enqueue("parcel.new", actor=anna)
        with django_assert_num_queries(2):
            outbox.enqueue("parcel.new", actor=anna)
        with django_assert_num_queries(1):
            outbox.enqueue("parcel.new")
