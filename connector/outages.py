"""What the connector does when the database cannot serve it: count, remember for /readyz, and stop asking for a moment."""

from __future__ import annotations

import sqlite3
import time
from threading import Lock

from django.db import DatabaseError, InterfaceError, OperationalError, connection

from connector import metrics
from connector.gate import Busy

SLOW_SECONDS = 0.5
REST_SECONDS = 1.0
REMEMBERED_SECONDS = 30.0
OUTAGES = ("disk_full", "database")


class Resting(Exception):
    """The database did not serve a call a moment ago: this one does not try."""


class _Memory:
    """What this process has seen. A database that hangs costs one call at a time its whole patience, and no other any."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._cause, self._at, self._ask_again_at = "", 0.0, 0.0
        self._rests = False

    def let_pass(self) -> None:
        """Raises Resting while a database that hung is left alone; after that one may try, and then the others."""
        if not self._rests:
            return
        with self._lock:
            now = time.monotonic()
            if now < self._ask_again_at:
                raise Resting
            # The others stand back until this one knows more.
            self._ask_again_at = now + 2 * REST_SECONDS

    def served(self) -> None:
        """The database did what it was asked for."""
        if self._cause:
            self._cause, self._rests = "", False

    def failed(self, cause: str, took: float) -> None:
        """Remember an outage. What fails at once costs nobody anything and may be tried by every call."""
        with self._lock:
            self._cause, self._at = cause, time.monotonic()
            self._rests = took > SLOW_SECONDS
            self._ask_again_at = self._at + REST_SECONDS

    def seen(self) -> str:
        """`disk_full` or `database` when that was the last that this process has seen, and lately; else nothing."""
        return self._cause if time.monotonic() - self._at < REMEMBERED_SECONDS else ""


memory = _Memory()


def note(error: Exception, step: str, took: float = 0) -> str:
    """Count a failure that took so many seconds; its cause, which is disk_full, database, resting, busy or bug."""
    cause = _cause(error)
    metrics.failures.labels(step=step, cause=cause).inc()
    if cause in OUTAGES:
        memory.failed(cause, took)
        if not connection.in_atomic_block:
            # Whatever it waits for, nobody does any more; the next call gets a fresh one.
            connection.close()
    return cause


def _cause(error: Exception) -> str:
    if isinstance(error, Resting):
        return "resting"
    if isinstance(error, Busy):
        return "busy"
    if not isinstance(error, DatabaseError | InterfaceError):
        return "bug"
    if _is_disk_full(error):
        return "disk_full"
    return "database" if isinstance(error, OperationalError | InterfaceError) else "bug"


def _is_disk_full(error: Exception) -> bool:
    """PostgreSQL's class 53, insufficient resources, less too many connections; SQLite's SQLITE_FULL."""
    driver = error.__cause__
    code = getattr(driver, "sqlstate", None) or ""
    full = getattr(driver, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return full or (code.startswith("53") and code != "53300")
