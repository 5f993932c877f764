"""A worker drains by itself when nobody sends it drains; as a process in tests/journeys/test_crash.py."""

from __future__ import annotations

import pytest

from approvals import tasks
from approvals.models import OutboxEntry, UserFlow, WorkerHeartbeat
from approvals.standby import Standby
from tests.factories import make_request

# It closes connections that are of no use any more, as the worker's tasks do between two transactions.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def standby(settings) -> Standby:
    """One that looks often; not started."""
    settings.OUTBOX_DRAIN_SECONDS = 0.05
    return Standby()


def test_it_does_what_the_periodic_tasks_do(flow: UserFlow, standby: Standby) -> None:
    make_request(flow)

    standby.step_in()

    assert not OutboxEntry.objects.filter(kind="request.announce").queued().exists()
    assert WorkerHeartbeat.objects.exists()


def test_it_survives_what_goes_wrong(flow: UserFlow, standby: Standby, settings) -> None:
    make_request(flow)
    settings.OUTBOX_AT_ONCE = None

    standby.step_in()

    assert OutboxEntry.objects.filter(kind="request.announce").queued().exists()


def test_it_ends_with_its_worker(standby: Standby) -> None:
    tasks.stopping.set()
    try:
        standby.start()
        standby.join(10)
    finally:
        tasks.stopping.clear()

    assert not standby.is_alive()
