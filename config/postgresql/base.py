"""The database backend of PostgreSQL installations: Django's, which waits only as long as `connector.patience` allows.

A time limit that the server keeps does not help when the server, or the network before it, has stopped: so the client
keeps one. It holds for the connector's calls; pages, workers and migrations wait as ever.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from types import SimpleNamespace
from typing import Any, TypeVar

import psycopg
from django.db.backends.postgresql import base
from psycopg.errors import _WaitTimeout

from connector import patience

Result = TypeVar("Result")

# Connecting may hang where no time limit reaches, in looking up a name for one. At most these wait for it.
_connecting = ThreadPoolExecutor(max_workers=4, thread_name_prefix="connecting")


class Connection(psycopg.Connection[Any]):
    """A connection that is given up with the call that waits for it."""

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Wait for the server. Raises OperationalError, with the connection closed, when the call's time is over."""
        left = patience.left()
        try:
            return super().wait(gen, interval, timeout if left is None else left)
        except _WaitTimeout:
            if left is None:
                raise
            # Not a word more to a server that does not answer; a server that is merely slow sees that nobody waits.
            self.pgconn.finish()
            raise psycopg.OperationalError("the database did not answer in time") from None


class DatabaseWrapper(base.DatabaseWrapper):
    """Django's, with connections as above."""

    Database: Any = SimpleNamespace(**{**vars(psycopg), "connect": Connection.connect})

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Connect. Raises OperationalError when the call's time is over; a connection that comes later is closed."""
        left = patience.left()
        if left is None:
            return super().get_new_connection(conn_params)
        coming = _connecting.submit(super().get_new_connection, conn_params)
        try:
            return coming.result(timeout=left)
        except TooLong:
            if not coming.cancel():
                coming.add_done_callback(_close)
            raise psycopg.OperationalError("no connection to the database in time") from None


def _close(coming: Future[Any]) -> None:
    if coming.exception() is None:
        coming.result().close()
