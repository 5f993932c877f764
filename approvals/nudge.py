"""Telling the workers that there is work. A hint for speed: the periodic drain delivers without it."""

from __future__ import annotations

import math
import time

import structlog
from celery import current_app
from django.conf import settings

log = structlog.get_logger(__name__)

QUIET_SECONDS = 15.0
TOGETHER_SECONDS = 0.25
_quiet_until = 0.0
_planned: set[int] = set()


def workers(delay: float = 0) -> None:
    """Ask a worker to drain the outbox in `delay` seconds, unless the periodic drain comes first.

    What comes due within the same quarter of a second is asked for once. A broker that is away must not slow the caller
    down: after a failure nobody is asked for a while.
    """
    if time.monotonic() < _quiet_until or delay >= settings.OUTBOX_DRAIN_SECONDS:
        return
    if delay > 0 and not _plan(delay):
        return
    _ask(delay)


def _plan(delay: float) -> bool:
    """Whether nobody was asked yet for that moment, rounded up."""
    now = time.monotonic()
    moment = math.ceil((now + delay) / TOGETHER_SECONDS)
    # Copied first: threads share the set, and one of them may be adding to it.
    _planned.difference_update([each for each in tuple(_planned) if each * TOGETHER_SECONDS < now])
    if moment in _planned:
        return False
    _planned.add(moment)
    return True


def _ask(delay: float) -> None:
    global _quiet_until  # noqa: PLW0603 - one small memory for each process
    countdown = delay + TOGETHER_SECONDS if delay > 0 else None
    try:
        current_app.send_task("approvals.tasks.drain_outbox", countdown=countdown, retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, the work is safe in the outbox
        _quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("broker_unreachable", error=type(error).__name__)
