"""Telling the workers that there is work. A hint for speed: the periodic drain delivers without it."""

from __future__ import annotations

import time

import structlog
from celery import current_app

log = structlog.get_logger(__name__)

QUIET_SECONDS = 15.0
_quiet_until = 0.0


def workers(delay: float = 0) -> None:
    """Ask a worker to drain the outbox in `delay` seconds.

    A broker that is away must not slow the caller down: after a failure nobody is asked for a while.
    """
    global _quiet_until  # noqa: PLW0603 - one small memory for each process
    if time.monotonic() < _quiet_until:
        return
    try:
        current_app.send_task("approvals.tasks.drain_outbox", countdown=delay or None, retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, the work is safe in the outbox
        _quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("broker_unreachable", error=type(error).__name__)
