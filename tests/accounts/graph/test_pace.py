"""The arithmetic of the quota, under clocks that only these tests move."""

from __future__ import annotations

import itertools
from bisect import bisect_left
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.graph import pace
from accounts.graph.pace import PATIENCE_SECONDS, Limit, State

GRAPH = Limit(3000, 150.0)
limits = st.builds(Limit, st.integers(1, 5000).map(float), st.floats(1, 600))


def most_in_a_window(moments: list[float], seconds: float) -> int:
    """The most that happened in any window of that length."""
    ordered = sorted(moments)
    return max(bisect_left(ordered, moment + seconds) - at for at, moment in enumerate(ordered))


def writes_of(limit: Limit, waits: list[float], state: State | None = None) -> list[float]:
    """When writes go out, of callers that come so long after one another."""
    state, now, sent = state or State(), 1_000_000.0, []
    for wait in waits:
        now += wait
        state, turn = pace.take(limit, state, now, write=True)
        if turn.granted:
            sent.append(now + turn.wait)
    return sent


def busy(limit: Limit, seconds: float, state: State | None = None) -> list[float]:
    """The writes of workers that always have work, for so long."""
    return writes_of(limit, [limit.interval / 3] * int(3 * seconds / limit.interval), state)


@given(limits, st.lists(st.floats(0, 3), min_size=1, max_size=300))
def test_it_lets_no_more_than_the_limit_out_in_any_window(limit: Limit, waits: list[float]) -> None:
    sent = writes_of(limit, [wait * limit.interval for wait in waits])

    # A hair shorter than the window: what lies exactly a window apart is a matter of rounding.
    assert most_in_a_window(sent, limit.seconds * 0.999999) <= limit.writes


@pytest.mark.parametrize("limit", [GRAPH, Limit(300, 15), Limit(40, 10), Limit(20_000, 150)], ids=str)
def test_busy_workers_use_nearly_all_of_it(limit: Limit) -> None:
    sent = busy(limit, 6 * limit.seconds)
    first = [moment for moment in sent if moment < sent[0] + limit.seconds]

    assert len(first) >= 0.99 * limit.writes
    assert len(sent) >= 0.96 * 6 * limit.writes


def test_a_single_write_goes_out_at_once_and_so_does_a_handful() -> None:
    sent = writes_of(GRAPH, [0.0] * 40)

    assert max(sent) - min(sent) < 0.001


@given(limits, st.lists(st.floats(0, 2), max_size=50))
def test_nobody_overtakes_and_nobody_waits_for_longer_than_its_patience(limit: Limit, waits: list[float]) -> None:
    state, now, last = State(), 5_000.0, 0.0
    for wait in waits:
        now += wait * limit.interval
        state, turn = pace.take(limit, state, now, write=True)
        if turn.granted:
            assert turn.wait <= PATIENCE_SECONDS
            assert now + turn.wait >= last
            last = now + turn.wait
        else:
            assert turn.wait > PATIENCE_SECONDS


def test_a_turn_that_was_not_granted_takes_nothing() -> None:
    limit = Limit(10, 100)
    state, _ = pace.take(limit, State(), 50.0, write=True)

    refused, turn = pace.take(limit, state, 50.0, write=True)

    assert (refused, turn.granted) == (state, False)
    assert pace.take(limit, state, 50.0 + turn.wait, write=True)[1] == pace.Turn(0.0, granted=True)


def test_a_pause_is_for_reads_too() -> None:
    state = pace.pause(GRAPH, State(), 1000.0, 30)

    for write in (True, False):
        assert pace.take(GRAPH, state, 1010.0, write=write)[1] == pace.Turn(20.0, granted=False)
        assert pace.take(GRAPH, state, 1029.0, write=write)[1] == pace.Turn(1.0, granted=True)
        assert pace.take(GRAPH, state, 1030.0, write=write)[1] == pace.Turn(0.0, granted=True)


def test_after_a_pause_writes_go_out_one_after_the_other() -> None:
    state = pace.pause(GRAPH, State(), 1_000_000.0, 30)
    sent = writes_of(GRAPH, [30.0] + [0.0] * 10, state)

    gaps = {round(later - earlier, 3) for earlier, later in itertools.pairwise(sent)}
    assert len(gaps) == 1
    assert gaps.pop() == pytest.approx(GRAPH.interval / 0.8, rel=0.3)
    assert sent[0] >= 1_000_030.0


def test_refusals_of_what_was_under_way_slow_down_once() -> None:
    once = pace.pause(GRAPH, State(), 1000.0, 5)
    more = pace.pause(GRAPH, pace.pause(GRAPH, once, 1000.2, 7), 1000.3, 1)

    assert (more.pace, more.paced_at, more.paused_until) == (once.pace, once.paced_at, 1007.2)
    assert pace.pause(GRAPH, once, 1006.0, 5).pace < once.pace


@given(st.floats(0, 1.8), st.floats(0, 0.7999))
def test_it_slows_down_for_a_used_quota_only_and_then_recovers(used: float, little: float) -> None:
    assert pace.slow_down(GRAPH, State(), 1000.0, little) == State()
    slowed = pace.slow_down(GRAPH, State(), 1000.0, used)

    slowest, fastest = (1.0, 1.0) if used < 0.8 else (0.98, 1.0) if used < 1 else (0.5, 0.9)
    assert slowest <= pace.current_pace(GRAPH, slowed, 1000.0) <= fastest
    assert pace.current_pace(GRAPH, slowed, 1000.0 + GRAPH.seconds) == 1


def test_it_uses_the_quota_well_when_graph_counts_by_a_window() -> None:
    """Then a well used quota shows as 0.96, without end: slowing down for that must not waste it."""
    state, now, sent = State(), 1_000_000.0, [0.0]
    start = now
    while now < start + 4 * GRAPH.seconds:
        state, turn = pace.take(GRAPH, state, now, write=True)
        now += turn.wait + 0.001
        sent.append(now)
        used = (len(sent) - bisect_left(sent, now - GRAPH.seconds)) / GRAPH.writes
        state = pace.slow_down(GRAPH, state, now, used)

    assert len(sent) >= 0.95 * 4 * GRAPH.writes


@dataclass
class PretendGraph:
    """A bucket as Graph keeps it: refused calls count as well."""

    limit: Limit
    level: float = 0.0
    at: float = 0.0
    accepted: int = 0
    refused: int = 0

    def write(self, now: float) -> float | None:
        """Count a write; the seconds to stay away when it is refused."""
        drained = (now - self.at) * self.limit.writes / self.limit.seconds
        self.level, self.at = max(0.0, self.level - drained) + 1, now
        if self.level <= self.limit.writes:
            self.accepted += 1
            return None
        self.refused += 1
        return 1.0

    @property
    def share(self) -> float:
        """The part of the limit that is used."""
        return self.level / self.limit.writes


@pytest.mark.parametrize(
    ("real", "begins_at"), [(3000.0, 0.0), (3000.0, 1.0), (2000.0, 0.0), (1000.0, 0.0), (600.0, 1.0)]
)
def test_it_finds_the_rate_that_graph_really_allows(real: float, begins_at: float) -> None:
    """The quota is smaller than it is set to be, or somebody else has used it up."""
    graph = PretendGraph(Limit(real, 150), level=begins_at * real, at=1_000_000.0)
    state, now = State(), 1_000_000.0
    while now < 1_000_000 + 20 * 150:
        state, turn = pace.take(GRAPH, state, now, write=True)
        now += turn.wait
        if not turn.granted:
            continue
        away = graph.write(now)
        if graph.share > pace.BUSY:
            state = pace.slow_down(GRAPH, state, now, min(graph.share, 1.8))
        if away is not None:
            state = pace.pause(GRAPH, state, now, away)

    assert graph.refused <= 0.01 * graph.accepted
    assert graph.accepted >= 0.8 * 20 * real


@given(st.floats(10, 1e7))
def test_a_clock_that_is_set_back_stops_nobody(hours_back: float) -> None:
    state = pace.pause(GRAPH, State(), 1_000_000_000.0, 3600)
    for _ in range(30):
        state, _turn = pace.take(GRAPH, state, 1_000_003_600.0, write=True)

    _, turn = pace.take(GRAPH, state, 1_000_000_000.0 - hours_back, write=True)

    assert turn.granted
