"""A pause that one throttled call imposes on all workers: calls made meanwhile would count against the quota."""

from __future__ import annotations

import random
import time

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

KEY = "accounts.graph.pause"
USUAL_SECONDS = 5.0

log = structlog.get_logger(__name__)


def begin(seconds: float | None) -> None:
    """Let no call of any worker that shares the cache go out for so long; None for the usual time."""
    length = USUAL_SECONDS if seconds is None else seconds
    try:
        # Whole seconds of life, as caches count; the moment itself is exact.
        cache.set(KEY, time.time() + length, timeout=int(length) + 1)
    except (RedisError, OSError) as error:
        log.warning("graph_pause_not_shared", error=type(error).__name__)


def remaining() -> float:
    """Seconds until calls may go out again, with up to a fifth more so that not all start at once; 0 for now."""
    try:
        until = cache.get(KEY)
    except (RedisError, OSError):
        return 0.0
    left = float(until) - time.time() if until else 0.0
    return left * random.uniform(1, 1.2) if left > 0 else 0.0  # noqa: S311 - spreads load, guards nothing
