"""How long a call of Entra's may take: past that, the applicant gets an answer whatever the database is doing."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper

SECONDS = 1.5


class _Call(threading.local):
    """The call that this thread is answering."""

    ends: float | None = None


_call = _Call()


class bounded:  # noqa: N801 - it is used as a function is
    """Let what this thread does inside wait for a database until SECONDS after the call began, by the monotonic clock.

    Gives the database connection.
    """

    def __init__(self, began: float) -> None:
        self._began = began

    def __enter__(self) -> BaseDatabaseWrapper:
        self._database = connections[DEFAULT_DB_ALIAS]
        _call.ends = self._began + SECONDS
        _wait_for_the_write_lock(self._database, left() or SECONDS)
        return self._database

    def __exit__(self, *_raised: object) -> None:
        _call.ends = None
        _wait_for_the_write_lock(self._database, self._database.settings_dict["OPTIONS"].get("timeout", 5.0))


@contextmanager
def elsewhere() -> Iterator[None]:
    """Do not count what this thread does inside: it waits for somebody else than the database, with a limit of its own."""
    began = time.monotonic()
    try:
        yield
    finally:
        if _call.ends is not None:
            _call.ends += time.monotonic() - began


def _wait_for_the_write_lock(database: BaseDatabaseWrapper, seconds: float) -> None:
    """SQLite alone waits by a setting of the connection."""
    if database.vendor == "sqlite" and database.connection is not None:
        database.connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}")


def left() -> float | None:
    """The seconds that this thread may still wait, at least a hundredth; None when nobody counts."""
    return None if _call.ends is None else max(_call.ends - time.monotonic(), 0.01)
