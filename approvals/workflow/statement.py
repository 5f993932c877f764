"""Statements that go to the driver as they are, on PostgreSQL prepared once for each connection.

Django's cursor reads each statement anew for its placeholders and binds them in the client; psycopg's own reads it once
more. The price is that these statements are not among `connection.queries`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import errors, generators
from psycopg.adapt import Transformer
from psycopg.pq import ExecStatus

Row = tuple[Any, ...]

# By connection, the names under which its server knows the statements.
_prepared: WeakKeyDictionary[Any, dict[Statement, bytes]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Statement:
    """SQL in a vendor's dialect, and the parameters that it takes.

    On SQLite they go by name (`:flow_id`); on PostgreSQL by their order (`$1`) and as text: the statement says the type.
    """

    vendor: str
    sql: str
    parameters: tuple[str, ...]

    def rows(self, database: BaseDatabaseWrapper, values: Mapping[str, Any]) -> list[Row]:
        """What it gives. Values beyond its parameters do no harm. Raises Django's database errors.

        A connection that died while it was idle is replaced once: asking it first would cost a round trip for every
        call. So the statement may run twice.
        """
        try:
            return self._run(database, values)
        except (OperationalError, InterfaceError):
            if database.in_atomic_block or database.is_usable():
                raise
            database.close()
            return self._run(database, values)

    def _run(self, database: BaseDatabaseWrapper, values: Mapping[str, Any]) -> list[Row]:
        database.ensure_connection()
        with database.wrap_database_errors:
            return _RUN[self.vendor](database.connection, self, values)


def _on_sqlite(driver: Any, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
    given = {name: _for_sqlite(values[name]) for name in statement.parameters}
    found: list[Row] = driver.execute(statement.sql, given).fetchall()
    return found


def _for_sqlite(value: Any) -> Any:
    """The value in the form in which Django keeps it there."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, datetime):
        return connections[DEFAULT_DB_ALIAS].ops.adapt_datetimefield_value(value)
    return value


def _on_postgresql(driver: Any, statement: Statement, values: Mapping[str, Any]) -> list[Row]:
    if not driver.autocommit:
        # Begins the transaction that Django has asked for, unless it has begun.
        driver.execute("")
    parameters = [str(values[name]).encode() for name in statement.parameters]
    if driver.prepare_threshold is None:
        # A pooler in between may give each transaction another server.
        driver.pgconn.send_query_params(statement.sql.encode(), parameters)
    else:
        driver.pgconn.send_query_prepared(_name(driver, statement), parameters)
    result = _result(driver)
    cells = Transformer(driver)
    cells.set_pgresult(result)
    return list(cells.load_rows(0, result.ntuples, tuple))


def _name(driver: Any, statement: Statement) -> bytes:
    """What the server calls the statement, prepared now if it was not."""
    known = _prepared.setdefault(driver, {})
    if statement not in known:
        name = b"foyer_%d" % len(known)
        driver.pgconn.send_prepare(name, statement.sql.encode())
        _result(driver)
        known[statement] = name
    return known[statement]


def _result(driver: Any) -> Any:
    """The answer to what was sent last. Raises the driver's error."""
    results = driver.wait(generators.execute(driver.pgconn))
    if results[-1].status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
        raise errors.error_from_result(results[-1])
    return results[-1]


_RUN = {"postgresql": _on_postgresql, "sqlite": _on_sqlite}
