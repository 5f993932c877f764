"""How the database is changed while Entra's calls come in: never waiting for a lock for long, and one process at a time.

Whoever waits for the lock on a table stands in front of everybody who comes later. So a migration waits for the blink
of an eye, gives up its place, and asks again. What PostgreSQL does without keeping writers out may take its time.
"""

from __future__ import annotations

import fcntl
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper

from config.env import VAR

ADVISORY_LOCK = 4_606_939
POLL_SECONDS = 0.2
LOCK_NOT_AVAILABLE, QUERY_CANCELED = "55P03", "57014"
# These wait for other transactions and read whole tables, while everybody else reads and writes on.
PATIENT = re.compile(r"\s*(CREATE (UNIQUE )?INDEX CONCURRENTLY|DROP INDEX CONCURRENTLY|ALTER TABLE \S+ VALIDATE )")


@contextmanager
def one_at_a_time(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Keep others from migrating the same database: by the database where it can, else by a file."""
    if connection.vendor != "postgresql":
        with locked(VAR / "migrate.lock"):
            yield
        return
    with connection.cursor() as cursor:
        _wait_for_turn(cursor)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [ADVISORY_LOCK])


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock on a file; wait for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def giving_way(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Limit how long a statement waits for a lock and how long it runs, but for those that keep nobody out."""
    if connection.vendor != "postgresql":
        yield
        return
    with connection.cursor() as cursor:
        _limit(cursor, settings.MIGRATE_LOCK_SECONDS, settings.MIGRATE_STATEMENT_SECONDS)
        try:
            with connection.execute_wrapper(_patiently):
                yield
        finally:
            _limit(cursor, 0, 0)


def again_and_again(migrate: Callable[[], object], *, tell: Callable[[str], object]) -> None:
    """Migrate; where a lock was not to be had, pause and go on from there, MIGRATE_LOCK_TRIES times at most."""
    for tried in range(1, settings.MIGRATE_LOCK_TRIES + 1):
        try:
            migrate()
        except OperationalError as error:
            if _code(error) != LOCK_NOT_AVAILABLE or tried == settings.MIGRATE_LOCK_TRIES:
                raise
            tell(f"A table is in use. Trying again ({tried} of {settings.MIGRATE_LOCK_TRIES}).")
            time.sleep(settings.MIGRATE_PAUSE_SECONDS)
        else:
            return


def trouble(error: OperationalError) -> str | None:
    """What to tell a person about the error, in one line; None when it is none of the two limits."""
    if _code(error) == LOCK_NOT_AVAILABLE:
        return (
            f"a table was in use each of the {settings.MIGRATE_LOCK_TRIES} times. What was migrated stays; end the "
            "transaction that holds the lock (pg_stat_activity), and migrate again."
        )
    if _code(error) == QUERY_CANCELED:
        return (
            f"a statement took longer than the {settings.MIGRATE_STATEMENT_SECONDS:g} s for which it may hold a lock. "
            "What was migrated stays; migrate again at a quiet hour, with a larger MIGRATE_STATEMENT_SECONDS."
        )
    return None


def _wait_for_turn(cursor: CursorWrapper) -> None:
    """Ask again and again: a statement that waits would hold up the index that the lock's owner builds concurrently."""
    while True:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [ADVISORY_LOCK])
        if cursor.fetchone() == (True,):
            return
        time.sleep(POLL_SECONDS)


def _patiently(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Lift the limits for a statement that keeps nobody out."""
    if not PATIENT.match(str(sql)):
        return execute(sql, params, many, context)
    cursor = context["cursor"].cursor
    _limit(cursor, 0, 0)
    try:
        return execute(sql, params, many, context)
    finally:
        # A transaction that failed takes its settings back by itself, and hears nothing more.
        with suppress(context["connection"].Database.InternalError):
            _limit(cursor, settings.MIGRATE_LOCK_SECONDS, settings.MIGRATE_STATEMENT_SECONDS)


def _limit(cursor: Any, lock_seconds: float, statement_seconds: float) -> None:
    milliseconds = [round(seconds * 1000) for seconds in (lock_seconds, statement_seconds)]
    cursor.execute("SET lock_timeout = {}; SET statement_timeout = {}".format(*milliseconds))


def _code(error: OperationalError) -> str | None:
    return getattr(error.__cause__, "sqlstate", None)
