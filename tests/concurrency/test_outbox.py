"""Several workers at one outbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from threading import Barrier, Event, Lock
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone

from approvals import outbox
from approvals.models import OutboxEntry
from approvals.outbox import claiming
from tests.concurrency.at_once import at_once
from tests.factories import make_flow, make_request

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
WORKERS, ENTRIES, AT_ONCE = 8, 120, 3
worked: Counter[str] = Counter()
order: list[tuple[UUID | None, int]] = []
in_hand: list[int] = []
overtaken = Event()
_lock = Lock()


def count(entry: OutboxEntry) -> None:
    """A handler that remembers how often it was called for an entry."""
    with _lock:
        worked[str(entry.pk)] += 1


def remember(entry: OutboxEntry) -> None:
    """A handler that remembers in which order it ended; the first letter is slow, if there is another to be faster."""
    if entry.payload["number"] == 0:
        overtaken.wait(timeout=0.5)
    with _lock:
        order.append((entry.request_id, entry.payload["number"]))
    overtaken.set()


def look_around(_entry: OutboxEntry) -> None:
    """A handler that counts how many of its kind are in hand while it works."""
    with _lock:
        in_hand.append(OutboxEntry.objects.leased(timezone.now()).filter(kind="look.around").count())


def work_without_the_lease(_number: int) -> None:
    """Take what is queued and mark it afterwards."""
    for entry in OutboxEntry.objects.queued():
        count(entry)
        OutboxEntry.objects.filter(pk=entry.pk).update(state="done")


@pytest.fixture(autouse=True)
def handlers(settings) -> None:
    """What the workers can do."""
    handlers = {"count": "count", "remember": "remember", "look.around": "look_around"}
    settings.OUTBOX_HANDLERS = {kind: f"{__name__}.{name}" for kind, name in handlers.items()}
    settings.OUTBOX_AT_ONCE = {"look": AT_ONCE}
    settings.OUTBOX_LANES = {}
    for memory in (worked, order, in_hand):
        memory.clear()


def many(kind: str) -> None:
    for _number in range(ENTRIES):
        outbox.enqueue(kind)


def drain_all() -> int:
    """Drain with many workers until nothing is left; how many entries were worked on."""
    total = 0
    while OutboxEntry.objects.due(timezone.now()).exists():
        outcomes = at_once(WORKERS, lambda _number: outbox.drain())
        assert all(isinstance(outcome, int) for outcome in outcomes), outcomes
        total += sum(outcome for outcome in outcomes if isinstance(outcome, int))
    return total


def test_without_the_lease_work_is_done_twice() -> None:
    many("count")
    at_once(WORKERS, work_without_the_lease)
    assert max(worked.values()) > 1


def test_with_it_each_entry_is_worked_on_once() -> None:
    many("count")
    assert drain_all() == ENTRIES
    assert set(worked.values()) == {1}
    assert len(worked) == ENTRIES
    assert not OutboxEntry.objects.queued().exists()


def claims_at_once(claim: Callable[[], UUID | None]) -> int:
    """How many of WORKERS workers got an entry, all asking before any of them is done asking."""
    many("look.around")
    asked = Barrier(WORKERS)

    def ask(_number: int) -> UUID | None:
        with transaction.atomic():
            claimed = claim()
            if connection.in_atomic_block and claim is unguarded:
                asked.wait(timeout=30)
        return claimed

    return sum(isinstance(outcome, UUID) for outcome in at_once(WORKERS, ask))


def unguarded() -> UUID | None:
    return claiming.claim_on_postgresql(uuid4(), timezone.now(), lock="")


def guarded() -> UUID | None:
    return claiming.claim_on_postgresql(uuid4(), timezone.now())


def test_without_the_lock_a_family_passes_its_limit() -> None:
    assert claims_at_once(unguarded) > AT_ONCE


def test_with_it_a_family_keeps_to_its_limit() -> None:
    assert claims_at_once(guarded) == AT_ONCE


def test_it_keeps_to_the_limit_over_a_whole_drain() -> None:
    many("look.around")
    assert drain_all() == ENTRIES
    assert len(in_hand) == ENTRIES
    assert max(in_hand) <= AT_ONCE


def letters() -> list[int]:
    """The order in which two letters of one person arrive."""
    request = make_request(make_flow())
    OutboxEntry.objects.all().delete()
    overtaken.clear()
    for number in range(2):
        outbox.enqueue("remember", request=request, number=number)
    drain_all()
    return [number for _request, number in order]


def test_without_a_lane_letters_of_one_person_overtake_each_other() -> None:
    assert letters() == [1, 0]


def test_with_it_they_arrive_in_the_order_of_their_causes(settings) -> None:
    settings.OUTBOX_LANES = {"remember": "applicant"}
    assert letters() == [0, 1]


def test_a_row_that_somebody_is_changing_holds_up_nobody() -> None:
    """An undo that takes its time, at the very entry whose turn it is."""
    outbox.enqueue("count", delay=-60)
    outbox.enqueue("count")
    first = OutboxEntry.objects.earliest("due_at")
    changed, claimed = Barrier(2), Barrier(2)

    def race(number: int) -> UUID | None:
        if number:
            with transaction.atomic():
                OutboxEntry.objects.filter(pk=first.pk).update(code="seen")
                changed.wait(timeout=30)
                claimed.wait(timeout=30)
            return None
        changed.wait(timeout=30)
        entry = outbox.claim()
        claimed.wait(timeout=30)
        return entry.pk if entry else None

    taken = at_once(2, race)[0]
    assert taken == OutboxEntry.objects.exclude(pk=first.pk).get().pk
