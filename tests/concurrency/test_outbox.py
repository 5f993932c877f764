"""Several workers at one outbox."""

from __future__ import annotations

from collections import Counter
from threading import Lock

import pytest

from approvals import outbox
from approvals.models import OutboxEntry
from tests.concurrency.at_once import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
WORKERS, ENTRIES = 8, 120
worked: Counter[str] = Counter()
_lock = Lock()


def count(entry: OutboxEntry) -> None:
    """A handler that remembers how often it was called for an entry."""
    with _lock:
        worked[str(entry.pk)] += 1


def work_without_the_lease(_number: int) -> None:
    """Take what is queued and mark it afterwards."""
    for entry in OutboxEntry.objects.queued():
        count(entry)
        OutboxEntry.objects.filter(pk=entry.pk).update(state="done")


@pytest.fixture(autouse=True)
def entries(settings) -> None:
    """Work for everybody."""
    settings.OUTBOX_HANDLERS = {"count": f"{__name__}.count"}
    worked.clear()
    for _number in range(ENTRIES):
        outbox.enqueue("count")


def test_without_the_lease_work_is_done_twice() -> None:
    at_once(WORKERS, work_without_the_lease)
    assert max(worked.values()) > 1


def test_with_it_each_entry_is_worked_on_once() -> None:
    outcomes = at_once(WORKERS, lambda _number: outbox.drain())
    assert sum(outcome for outcome in outcomes if isinstance(outcome, int)) == ENTRIES
    assert set(worked.values()) == {1}
    assert len(worked) == ENTRIES
    assert not OutboxEntry.objects.queued().exists()
