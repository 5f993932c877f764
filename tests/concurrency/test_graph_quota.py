"""Several workers at Graph's quota: as many turns as there are, however many ask at the same moment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import asdict
from threading import Barrier
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.graph import pace
from accounts.graph.database_quota import DatabaseLedger
from accounts.graph.pace import Limit, State, Turn
from accounts.graph.redis_quota import RedisLedger
from accounts.graph.redis_quota import client as redis_client
from accounts.models import GraphQuota
from tests.concurrency.at_once import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
WORKERS = 12
# One turn now, and the next in a hundred seconds.
LIMIT = Limit(37, 3600)
NOW = 1_800_000_000.0


@pytest.fixture
def application() -> str:
    """An application that nobody else speaks for."""
    return f"race/{uuid4()}"


@pytest.fixture
def redis_ledger(application: str, settings: Settings) -> Iterator[RedisLedger]:
    """Its quota in Redis."""
    settings.REDIS_URL = os.environ["FOYER_TEST_REDIS_URL"]
    kept = RedisLedger(application)
    yield kept
    redis_client().delete(kept.key)


def granted(deed: Callable[[int], Turn]) -> int:
    """How many of all workers got a turn."""
    outcomes = at_once(WORKERS, deed)
    assert all(isinstance(outcome, Turn) for outcome in outcomes), outcomes
    return sum(outcome.granted for outcome in outcomes if isinstance(outcome, Turn))


def test_without_the_lock_several_get_the_same_turn(application: str) -> None:
    GraphQuota.objects.create(pk=application)
    all_have_looked = Barrier(WORKERS)

    def take(_number: int) -> Turn:
        row = GraphQuota.objects.get(pk=application)
        all_have_looked.wait(timeout=30)
        state, turn = pace.take(LIMIT, State(next_at=row.next_at), NOW, write=True)
        GraphQuota.objects.filter(pk=application).update(**asdict(state))
        return turn

    assert granted(take) > 1


def test_with_it_one_gets_it(application: str) -> None:
    assert granted(lambda _number: DatabaseLedger(application).take(LIMIT, write=True)) == 1
    assert GraphQuota.objects.filter(pk=application).count() == 1


@pytest.mark.redis
def test_without_the_script_several_get_the_same_turn(redis_ledger: RedisLedger) -> None:
    redis, all_have_looked = redis_client(), Barrier(WORKERS)

    def take(_number: int) -> Turn:
        kept = redis.hget(redis_ledger.key, "next_at")
        all_have_looked.wait(timeout=30)
        state, turn = pace.take(LIMIT, State(next_at=float(kept or 0)), NOW, write=True)
        redis.hset(redis_ledger.key, "next_at", state.next_at)
        return turn

    assert granted(take) > 1


@pytest.mark.redis
def test_with_it_one_gets_it_in_redis(redis_ledger: RedisLedger) -> None:
    assert granted(lambda _number: redis_ledger.take(LIMIT, write=True)) == 1
