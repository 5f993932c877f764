"""Working on what is due."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils.module_loading import import_string

from approvals import nudge
from approvals.errors import Later, Never
from approvals.models import OutboxEntry
from approvals.outbox import ending
from approvals.outbox.claiming import anything_due, claim

log = structlog.get_logger(__name__)

Handler = Callable[[OutboxEntry], ending.Done | None]


def drain(limit: int = 1000, *, seconds: float | None = None, stop: Callable[[], bool] = lambda: False) -> int:
    """Work on what is due until nothing is, `limit` entries are done, `seconds` are over, or `stop()`.

    Returns the number that was worked on. The entry in hand is always finished. One row is loaded at a time, and when
    nothing is due, one look at an index is all that is asked.
    """
    worked, end = 0, time.monotonic() + seconds if seconds is not None else float("inf")
    if not anything_due():
        return 0
    while worked < limit and time.monotonic() < end and not stop():
        entry = claim()
        if entry is None:
            return worked
        work(entry)
        worked += 1
    if not stop():
        # What is left does not wait for the clock.
        nudge.workers()
    return worked


def work(entry: OutboxEntry) -> None:
    """Run the handler of a leased entry and write down how it ended."""
    if entry.crashes >= ending.ATTEMPTS_AT_A_BUG:
        # It has taken worker after worker with it: it never comes back to say that it failed.
        ending.give_up(entry, "worker_lost", "")
        return
    try:
        handler: Handler = import_string(settings.OUTBOX_HANDLERS[entry.kind])
        done = handler(entry)
    except Later as later:
        ending.postpone(entry, later)
    except Never as never:
        ending.give_up(entry, never.code, never.reason)
    except (OperationalError, InterfaceError):
        log.exception("outbox_database_trouble", kind=entry.kind, entry=str(entry.id))
        ending.postpone(entry, Later("database_trouble"))
    except Exception:
        log.exception("outbox_handler_broke", kind=entry.kind, entry=str(entry.id), crashes=entry.crashes + 1)
        ending.after_a_bug(entry)
    else:
        ending.end(entry, OutboxEntry.State.DONE, "", done)
