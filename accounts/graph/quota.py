"""Graph's quota, shared by all workers: each call takes its turn here, and what Graph says of the quota is told here.

In Redis where there is one, else in the database. While Redis cannot be asked it is the database as well, at half the
rate: other processes may still see Redis.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVar

import structlog
from django.conf import settings
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from accounts.graph.database_quota import DatabaseLedger
from accounts.graph.pace import PATIENCE_SECONDS, Limit, Turn
from accounts.graph.redis_quota import RedisLedger
from approvals.errors import Later

USUAL_PAUSE_SECONDS = 5.0
REDIS_AWAY_SECONDS = 5.0
RATE_WITHOUT_REDIS = 0.5
# A sleep ends a little later than it should.
SCHEDULING_SECONDS = 0.25

log = structlog.get_logger(__name__)
_redis_away_until = 0.0

Told = TypeVar("Told")


class Ledger(Protocol):
    """Where the state is kept. `pace` says what each deed does to it."""

    def take(self, limit: Limit, *, write: bool) -> Turn:
        """The turn of a call."""

    def pause(self, limit: Limit, seconds: float) -> None:
        """Let nobody call for so long."""

    def slow_down(self, limit: Limit, used: float) -> None:
        """Adapt to the part of the limit that is used."""


def wait_for_turn(*, write: bool) -> None:
    """Return when a call may go out, after a second or two at most.

    Raises Later, with the delay, when that would be too long: the quota is used up, or Graph asked for a pause.
    """
    turn, deadline = take(write=write), time.monotonic() + PATIENCE_SECONDS + SCHEDULING_SECONDS
    while turn.wait > 0:
        if not turn.granted or time.monotonic() + turn.wait > deadline:
            # Up to a fifth more, so that not all come back at once.
            delay = turn.wait * random.uniform(1, 1.2)  # noqa: S311 - spreads load, guards nothing
            raise Later("throttled", _("Microsoft Graph asks for fewer calls."), delay=delay)
        time.sleep(turn.wait)
        # The turn is ours; but Graph may have asked for a pause meanwhile.
        turn = take(write=False)


def take(*, write: bool) -> Turn:
    """The turn of a call, as all workers share them. A read needs none unless Graph asked for a pause."""
    return _ask(lambda ledger, limit: ledger.take(limit, write=write))


def pause(seconds: float | None) -> None:
    """Let no call of any worker go out for so long; None for the usual time."""
    length = USUAL_PAUSE_SECONDS if seconds is None else seconds
    log.warning("graph_pause", seconds=length)
    _ask(lambda ledger, limit: ledger.pause(limit, length))


def heed(headers: Mapping[str, str]) -> None:
    """Adapt the pace to what the headers of an answer say of the quota; most say nothing."""
    used = _number(headers.get("x-ms-throttle-limit-percentage", ""))
    if used is not None:
        log.info("graph_quota_used", used=used)
        _ask(lambda ledger, limit: ledger.slow_down(limit, used))


def limit() -> Limit:
    """The limit as it is set."""
    return Limit(settings.GRAPH_WRITES_PER_WINDOW, settings.GRAPH_WINDOW_SECONDS)


def _ask(question: Callable[[Ledger, Limit], Told]) -> Told:
    global _redis_away_until  # noqa: PLW0603 - one small memory for each process
    application = f"{settings.ENTRA_TENANT_ID}/{settings.ENTRA_CLIENT_ID}"[:200]
    if not settings.REDIS_URL:
        return question(DatabaseLedger(application), limit())
    if time.monotonic() >= _redis_away_until:
        try:
            return question(RedisLedger(application), limit())
        except (RedisError, OSError) as error:
            _redis_away_until = time.monotonic() + REDIS_AWAY_SECONDS
            log.warning("graph_quota_without_redis", error=type(error).__name__)
    careful = Limit(limit().writes * RATE_WITHOUT_REDIS, limit().seconds)
    return question(DatabaseLedger(application), careful)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
