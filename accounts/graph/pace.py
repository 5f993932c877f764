"""When the next write to Graph may go out: the arithmetic of the quota. Pure; times are seconds of one clock.

Graph allows so many writes in a window, for one application in one tenant, and is said to count by a token bucket. Here
at most that many go out in *any* window, so that it holds however Graph counts: a small burst, taken out of the rate,
and after it one write after the other. A turn is a reservation, so nobody overtakes and nobody has to ask twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

BURST_SHARE = 0.015
# What a worker waits for its turn at most; for more it does something else meanwhile.
PATIENCE_SECONDS = 2.0
LOWEST_PACE = 0.1
# Windows after which even the lowest pace has grown back.
LONGEST_RECOVERY = math.log(1 / LOWEST_PACE) + 0.1
PACE_AFTER_REFUSAL = 0.8
# Graph tells how much of the limit is used from here on.
BUSY = 0.8


@dataclass(frozen=True)
class Limit:
    """So many writes in so many seconds."""

    writes: float
    seconds: float

    @property
    def burst(self) -> float:
        """Writes that may go out at the same moment after a time without any."""
        return max(1.0, self.writes * BURST_SHARE)

    @property
    def interval(self) -> float:
        """Seconds from one write to the next when there is much to do."""
        return self.seconds / max(self.writes - self.burst, 1.0)

    @property
    def slack(self) -> float:
        """How far the schedule may lie behind the clock: that is what a burst is made of."""
        return (self.burst - 1.0) * self.interval


@dataclass(frozen=True)
class State:
    """What all workers share. `pace` is the part of the rate in use, `paced_at` when it was last lowered."""

    next_at: float = 0.0
    paused_from: float = 0.0
    paused_until: float = 0.0
    pace: float = 1.0
    paced_at: float = 0.0


@dataclass(frozen=True)
class Turn:
    """The seconds until a call may go out. Not granted, it is not reserved either: come back after them."""

    wait: float
    granted: bool


def take(limit: Limit, state: State, now: float, *, write: bool) -> tuple[State, Turn]:
    """The turn of a call. A read waits for the end of a pause only, and changes nothing."""
    free_at = _pause_end(state, now)
    if not write:
        return state, _turn(free_at - now)
    pace = current_pace(limit, state, now)
    # Slowed down, nothing is saved up: calls go out evenly.
    slack = limit.slack if pace == 1.0 else 0.0
    start = max(now - slack, free_at, _scheduled(limit, state, max(now, free_at)))
    turn = _turn(start - now)
    return (replace(state, next_at=start + limit.interval / pace) if turn.granted else state), turn


def pause(limit: Limit, state: State, now: float, seconds: float) -> State:
    """After a refusal: nobody calls for so long, and then all a little more slowly.

    Refusals of calls that were under way when the pause began prolong it at most.
    """
    end, pace = _pause_end(state, now), current_pace(limit, state, now)
    if end > now:
        return replace(state, paused_until=max(end, now + seconds))
    slower = max(LOWEST_PACE, pace * PACE_AFTER_REFUSAL)
    return replace(state, paused_from=now, paused_until=now + seconds, pace=slower, paced_at=now)


def slow_down(limit: Limit, state: State, now: float, used: float) -> State:
    """Adapt to the part of the limit that Graph says is used: 1.2 is a fifth more than it allows.

    Up to 1 it is what a well used quota looks like: then only the bursts end, and a little is left for others. Above,
    somebody else uses the quota too, or it is smaller than it is set to be.
    """
    if used < BUSY:
        return state
    wanted = 1.0 - (used - BUSY) / 10 if used < 1 else max(LOWEST_PACE, 0.9 / used)
    return replace(state, pace=min(current_pace(limit, state, now), wanted), paced_at=now)


def current_pace(limit: Limit, state: State, now: float) -> float:
    """The part of the rate in use. It grows back in proportion: after one refusal in a fifth of a window."""
    windows = min(max(0.0, now - state.paced_at) / limit.seconds, LONGEST_RECOVERY)
    return min(1.0, state.pace * math.exp(windows))


def _turn(wait: float) -> Turn:
    return Turn(max(0.0, wait), granted=wait <= PATIENCE_SECONDS)


def _pause_end(state: State, now: float) -> float:
    """When the pause ends; 0 when the clock was set back meanwhile, for it would last nobody knows how long."""
    return state.paused_until if state.paused_from <= now else 0.0


def _scheduled(limit: Limit, state: State, now: float) -> float:
    """The next turn; `now` when it lies further ahead than turns are given, as after the clock was set back."""
    furthest = now + PATIENCE_SECONDS + limit.interval / LOWEST_PACE
    return state.next_at if state.next_at <= furthest else now
