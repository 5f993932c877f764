"""The shared quota: where it is kept, what calls do at it, and what becomes of it without Redis."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import uuid4

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.graph import client, pace, payloads, quota
from accounts.graph.database_quota import DatabaseLedger
from accounts.graph.errors import GraphRefused
from accounts.graph.pace import Limit, State, Turn
from accounts.graph.redis_quota import RedisLedger
from accounts.graph.redis_quota import client as redis_client
from accounts.models import GraphQuota
from approvals.errors import Later
from tests.factories import make_applicant, make_identity
from tests.simulator_process import SimulatorProcess

LIMIT = Limit(40, 400)


@pytest.fixture
def redis_server(settings: Settings) -> None:
    """Redis as the tests have it."""
    settings.REDIS_URL = os.environ["FOYER_TEST_REDIS_URL"]


@pytest.fixture(params=["database", pytest.param("redis", marks=pytest.mark.redis)])
def ledger(request: pytest.FixtureRequest, db: None, settings: Settings) -> Iterator[quota.Ledger]:
    """An unused quota."""
    application = uuid4().hex
    if request.param == "database":
        yield DatabaseLedger(application)
        return
    settings.REDIS_URL = os.environ["FOYER_TEST_REDIS_URL"]
    kept = RedisLedger(application)
    yield kept
    redis_client().delete(kept.key)


@pytest.fixture(autouse=True)
def embedded(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """No Redis unless a test says so, and nothing is remembered of earlier tests."""
    settings.REDIS_URL = ""
    monkeypatch.setattr(quota, "_redis_away_until", 0.0)


def test_it_gives_turns_until_the_burst_is_used(ledger: quota.Ledger) -> None:
    first, second = ledger.take(LIMIT, write=True), ledger.take(LIMIT, write=True)

    assert first == Turn(0.0, granted=True)
    assert not second.granted
    assert LIMIT.interval - 5 < second.wait <= LIMIT.interval + 0.001


def test_reads_need_no_turn(ledger: quota.Ledger) -> None:
    ledger.take(LIMIT, write=True)

    assert [ledger.take(LIMIT, write=False) for _ in range(5)] == [Turn(0.0, granted=True)] * 5


def test_a_pause_is_for_everything(ledger: quota.Ledger) -> None:
    ledger.pause(LIMIT, 100)

    for write in (True, False):
        turn = ledger.take(LIMIT, write=write)
        assert not turn.granted
        assert 90 < turn.wait <= 100


def test_it_slows_down(ledger: quota.Ledger) -> None:
    ledger.slow_down(LIMIT, 1.8)
    ledger.take(LIMIT, write=True)

    assert ledger.take(LIMIT, write=True).wait > LIMIT.interval * 1.8


deeds = st.tuples(
    st.sampled_from(["write", "read", "pause", "slow_down"]),
    st.floats(0, 40),
    st.floats(0, 2),
)


@pytest.mark.redis
@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(deeds, max_size=40), st.sampled_from([LIMIT, Limit(3000, 150), Limit(300, 15)]))
@pytest.mark.usefixtures("redis_server")
def test_redis_reckons_as_we_do(history: list[tuple[str, float, float]], limit: Limit) -> None:
    """The script in Redis and the arithmetic in Python say the same about any history."""
    kept, state, now = RedisLedger(f"same/{uuid4()}"), State(), 1_800_000_000.0
    redis = redis_client()
    for deed, seconds, used in history:
        now += seconds
        if deed == "pause":
            kept.pause(limit, used * 10, now=now)
            state = pace.pause(limit, state, now, used * 10)
        elif deed == "slow_down":
            kept.slow_down(limit, used, now=now)
            state = pace.slow_down(limit, state, now, used)
        else:
            state, expected = pace.take(limit, state, now, write=deed == "write")
            turn = kept.take(limit, write=deed == "write", now=now)
            assert turn.granted == expected.granted
            assert turn.wait == pytest.approx(expected.wait, abs=1e-5)
        assert redis.pttl(kept.key) != -1
    redis.delete(kept.key)


@pytest.mark.redis
def test_what_redis_keeps_goes_by_itself(ledger: quota.Ledger) -> None:
    if isinstance(ledger, RedisLedger):
        ledger.pause(LIMIT, 100)
        assert 100_000 < redis_client().pttl(ledger.key) <= 100_000 + 3 * 400_000


def test_writes_wait_for_their_turn_and_reads_do_not(tenant: SimulatorProcess, settings: Settings) -> None:
    settings.GRAPH_WRITES_PER_WINDOW, settings.GRAPH_WINDOW_SECONDS = 40, 4000.0
    body = payloads.guest(make_applicant(), make_identity(), tenant.tenant_domain)
    made = client.create_guest(body)

    with pytest.raises(Later) as raised:
        client.change_user(made, {"city": "Redmond"})
    assert client.read_user(made) is not None

    assert raised.value.code == "throttled"
    assert raised.value.delay is not None
    assert 90 < raised.value.delay <= 1.2 * 4000 / 39
    assert [call["method"] for call in tenant.get("graph-calls")] == ["POST", "GET"]


def test_a_short_wait_is_waited_for(tenant: SimulatorProcess, settings: Settings) -> None:
    settings.GRAPH_WRITES_PER_WINDOW, settings.GRAPH_WINDOW_SECONDS = 40, 4.0
    body = payloads.guest(make_applicant(), make_identity(), tenant.tenant_domain)
    made = client.create_guest(body)
    for city in ("Redmond", "Seattle", "Tacoma"):
        client.change_user(made, {"city": city})

    moments = [datetime.fromisoformat(call["time"]) for call in tenant.get("graph-calls")]
    assert len(moments) == 4
    assert (moments[-1] - moments[0]).total_seconds() > 2 * quota.limit().interval


def test_what_one_is_refused_pauses_all(tenant: SimulatorProcess) -> None:
    tenant.fault("throttle", count=1, value=300.5)
    with pytest.raises(GraphRefused):
        client.read_one_user()

    # Nothing is remembered by the process: another one would find the same.
    quota_of_another = DatabaseLedger(f"{tenant.tenant_id}/{tenant.client_id}")
    turn = quota_of_another.take(quota.limit(), write=False)

    assert not turn.granted
    assert 290 < turn.wait <= 300.5


@pytest.mark.parametrize("value", ["", "nan", "inf", "much", "0.5"])
def test_it_minds_no_percentage_that_says_nothing(db: None, value: str) -> None:
    quota.heed({"x-ms-throttle-limit-percentage": value})

    assert not GraphQuota.objects.exclude(pace=1).exists()


def test_it_minds_a_percentage_that_says_enough(db: None) -> None:
    quota.heed({"x-ms-throttle-limit-percentage": "1.2"})

    assert GraphQuota.objects.get().pace == pytest.approx(0.75)


def test_without_redis_it_goes_on_at_half_the_rate(db: None, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    settings.GRAPH_WRITES_PER_WINDOW, settings.GRAPH_WINDOW_SECONDS = 40, 400.0

    first, second = quota.take(write=True), quota.take(write=True)

    assert first.granted
    assert not second.granted
    assert second.wait > 1.9 * LIMIT.interval


def test_without_redis_a_pause_is_still_for_all(db: None, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"

    quota.pause(60)

    assert not quota.take(write=False).granted
    assert GraphQuota.objects.get().paused_until > time.time() + 50


def test_a_redis_that_is_away_is_not_asked_at_every_call(db: None, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    quota.take(write=True)
    settings.REDIS_URL = "not even an address"

    assert quota.take(write=False).granted


def test_calls_share_connections_and_the_token(tenant: SimulatorProcess) -> None:
    client.read_one_user()
    # From here on, asking for a token fails.
    tenant.fault("expired_secret")
    for _ in range(20):
        client.read_one_user()
    assert {call["peer"] for call in tenant.get("graph-calls")} == {tenant.get("graph-calls")[0]["peer"]}

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(lambda _: _read_once(), range(40)))

    assert len({call["peer"] for call in tenant.get("graph-calls")}) <= 5


def _read_once() -> None:
    try:
        client.read_one_user()
    finally:
        connection.close()
