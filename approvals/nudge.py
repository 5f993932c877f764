"""Telling the workers that there is work. A hint for speed: the periodic drain delivers without it.

Nobody waits for the broker: a thread of its own publishes, and what is asked for meanwhile becomes one message.
"""

from __future__ import annotations

import atexit
import math
import os
import time
from threading import Condition, Thread

import structlog
from celery import current_app
from django.conf import settings

log = structlog.get_logger(__name__)

QUIET_SECONDS = 15.0
PAUSE_SECONDS = 0.1
TOGETHER_SECONDS = 0.25
LAST_WORDS_SECONDS = 3.0
STALE_SECONDS = 30.0
NOW = 0


class Messenger:
    """Publishes for one process. The thread starts with the first message: a server forks before that."""

    def __init__(self) -> None:
        self._changed = Condition()
        # Moments of the monotonic clock, in quarters of a second: not asked for yet, and asked for and still ahead.
        self._wanted: set[int] = set()
        self._promised: set[int] = set()
        self._busy = False
        self._quiet_until = 0.0
        self._process = 0

    def ask(self, delay: float = 0) -> None:
        """Have it published; returns at once. What comes due within the same quarter of a second is asked for once."""
        moment = math.ceil((time.monotonic() + delay) / TOGETHER_SECONDS) if delay > 0 else NOW
        if moment in self._wanted and self._process == os.getpid():
            # Not taken yet: what is published for it comes after this.
            return
        with self._changed:
            if time.monotonic() < self._quiet_until or moment in self._promised:
                return
            self._wanted.add(moment)
            if self._process != os.getpid():
                self._process, self._busy = os.getpid(), False
                Thread(target=self._publish_for_ever, name="nudge", daemon=True).start()
            self._changed.notify_all()

    def wait(self, seconds: float = LAST_WORDS_SECONDS) -> bool:
        """Whether everything asked for has been published, or given up, within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._wanted and not self._busy, seconds)

    def _publish_for_ever(self) -> None:
        while True:
            failed = not all(_publish(moment) for moment in self._take())
            with self._changed:
                self._busy = False
                if failed:
                    # After a failure nobody is asked for a while.
                    self._wanted, self._promised = set(), set()
                    self._quiet_until = time.monotonic() + QUIET_SECONDS
                self._changed.notify_all()
            # One message does for all who ask until then: a rush of sign-ups is not a rush of messages.
            time.sleep(PAUSE_SECONDS)

    def _take(self) -> list[int]:
        """Wait for moments to ask for, soonest first."""
        with self._changed:
            self._changed.wait_for(lambda: bool(self._wanted))
            wanted, self._wanted, self._busy = self._wanted, set(), True
            now = time.monotonic() / TOGETHER_SECONDS
            self._promised = {moment for moment in self._promised | wanted if moment > now}
            return sorted(wanted)


def _publish(moment: int) -> bool:
    """Publish; False when the broker is away."""
    countdown = max(moment * TOGETHER_SECONDS - time.monotonic(), 0)
    try:
        current_app.send_task(
            "approvals.tasks.drain_outbox",
            countdown=countdown or None,
            # Old messages are no work for a worker that starts after a while: the clock has it look anyway.
            expires=countdown + STALE_SECONDS,
            retry=False,
            ignore_result=True,
        )
    except Exception as error:  # noqa: BLE001 - whatever the broker's client raises, the work is safe in the outbox
        log.warning("broker_unreachable", error=type(error).__name__)
        return False
    return True


_messenger = Messenger()


def workers(delay: float = 0) -> None:
    """Ask a worker to drain the outbox in `delay` seconds, unless the periodic drain comes first; returns at once.

    A broker that is away is left alone for a while.
    """
    if delay < settings.OUTBOX_DRAIN_SECONDS:
        _messenger.ask(delay)


def wait(seconds: float = LAST_WORDS_SECONDS) -> bool:
    """Wait until what was asked for is published, as a command does before it ends. False when it took too long."""
    return _messenger.wait(seconds)


atexit.register(wait)
