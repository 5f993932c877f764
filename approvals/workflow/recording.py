"""The connector's hot path: a sign-up is written, and an applicant is looked up, in one statement each.

What is written is what the models would write, at a fraction of the cost: a test proves that, row for row. On PostgreSQL
the statements are prepared once for each connection, and the three rows are one statement and so one round trip that
commits by itself; SQLite gets a short transaction that takes the write lock at its start.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from threading import Lock
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS, InterfaceError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone
from uuid6 import uuid7

from approvals import nudge, outbox
from approvals.applicant import Applicant
from approvals.languages import choose_language
from approvals.models import Action, AuditEvent, OutboxEntry, SignUpRequest, UserFlow
from approvals.models.sign_up_request import new_reference
from approvals.workflow.columns import Layout, layout, names, read

# What the connector needs to know of a request. Everything else is loaded when somebody asks for it.
_TOLD = ("id", "reference", "flow_id", "status", "submitted_at", "closed_at", "decided_at", "effects_at", "reason")


ANNOUNCE = "request.announce"
LONGEST_TURN_SECONDS = 0.4
_writing = Lock()


def newest(flow: UserFlow, applicant: Applicant) -> SignUpRequest | None:
    """The applicant's newest request in this flow, or None. One indexed query."""
    database = connections[DEFAULT_DB_ALIAS]
    row = _run(database, _lookup(database.vendor), (flow.pk, applicant.key))
    return None if row is None else _as_object(read(SignUpRequest, _TOLD, row, database), flow)


def record(flow: UserFlow, applicant: Applicant, *, previous: SignUpRequest | None) -> SignUpRequest | None:
    """Write the request, its audit event and the work that announces it: all durable on return, or none of them.

    None, with nothing written, when the applicant's newest request is not `previous` any more or an open one is there:
    the database decides between two calls at once. Raises RuntimeError inside a transaction, as every verb does.
    """
    database = connections[DEFAULT_DB_ALIAS]
    request = _request(flow, applicant, previous)
    entry = outbox.new_entry(ANNOUNCE, request_id=request["id"])
    given = ((SignUpRequest, request), (AuditEvent, _event(request, previous)), (OutboxEntry, entry))
    layouts = tuple(layout(model, tuple(row), database.vendor) for model, row in given)
    rows = [each.values(row, database) for each, (_model, row) in zip(layouts, given, strict=True)]
    with _transaction(database):
        recorded = _WRITERS[database.vendor](database, layouts, rows)
    if not recorded:
        return None
    transaction.on_commit(nudge.workers, robust=True)
    return _as_object(request, flow)


def _as_object(columns: dict[str, Any], flow: UserFlow) -> SignUpRequest:
    """A request as if loaded with these columns. Any other is loaded when somebody asks for it."""
    known = [name for name in names(SignUpRequest) if name in columns]
    request = SignUpRequest.from_db(DEFAULT_DB_ALIAS, known, [columns[name] for name in known])
    request.flow = flow
    return request


def _event(request: dict[str, Any], previous: SignUpRequest | None) -> dict[str, Any]:
    facts = {"previous": previous.reference if previous else None}
    about = {"request_id": request["id"], "flow_id": request["flow_id"]}
    return {"action": Action.SUBMITTED.value, "at": request["submitted_at"], "data": facts, **about}


def _request(flow: UserFlow, applicant: Applicant, previous: SignUpRequest | None) -> dict[str, Any]:
    return {
        "id": uuid7(),
        "reference": new_reference(),
        "flow_id": flow.pk,
        "previous_id": previous.pk if previous else None,
        "applicant_key": applicant.key,
        "email": applicant.email,
        "normalised_email": applicant.normalised_email,
        "display_name": applicant.display_name,
        "identities": [{**vars(identity)} for identity in applicant.identities],
        "language": choose_language(applicant.locales, flow.language),
        "locales": list(applicant.locales),
        "attributes": dict(applicant.attributes),
        "received": applicant.received,
        "submitted_at": timezone.now(),
    }


# --- Statements ----------------------------------------------------------------------------------------------
# Parameters go by their numbers, so that one may be used twice.

_MARKS = {"postgresql": "$", "sqlite": "?"}
_OF_APPLICANT = {
    "postgresql": "flow_id = {} AND applicant_key = {}::varchar",
    "sqlite": "flow_id = {} AND applicant_key = {}",
}
_IS_SAME = {"postgresql": "IS NOT DISTINCT FROM {}::uuid", "sqlite": "IS {}"}


def _insert(rows: Layout, vendor: str, rest: str = "", *, after: int = 0) -> str:
    """Insert a row whose parameters come after so many others."""
    places = _places(rows, vendor, after)
    terms = ", ".join(rows.constants.get(column) or places[column] for column in rows.columns)
    quoted = ", ".join(f'"{column}"' for column in rows.columns)
    return f'INSERT INTO "{rows.model._meta.db_table}" ({quoted}) SELECT {terms} {rest}'


def _places(rows: Layout, vendor: str, after: int = 0) -> dict[str, str]:
    """The parameter of each column that has one."""
    return {column: f"{_MARKS[vendor]}{number}" for number, column in enumerate(rows.variables, after + 1)}


def _insert_request(rows: Layout, vendor: str) -> str:
    """Insert a request unless the applicant's newest one has changed or an open one is there."""
    places = _places(rows, vendor)
    flow_id, applicant_key, previous_id = (places[name] for name in ("flow_id", "applicant_key", "previous_id"))
    newest_id = _newest("id", vendor, flow_id, applicant_key)
    return _insert(rows, vendor, f"WHERE ({newest_id}) {_IS_SAME[vendor].format(previous_id)} ON CONFLICT DO NOTHING")


@cache
def _statements(vendor: str, layouts: tuple[Layout, ...]) -> tuple[str, ...]:
    """One for each row, where the database has one writer anyway."""
    request, *others = layouts
    return (_insert_request(request, vendor), *(_insert(rows, vendor) for rows in others))


@cache
def _one_statement(layouts: tuple[Layout, ...]) -> bytes:
    """PostgreSQL: the event and the work are written from the request's row, so without it there is neither."""
    of_request, of_event, of_entry = layouts
    before, more = len(of_request.variables), len(of_event.variables)
    request = f"{_insert_request(of_request, 'postgresql')} RETURNING id"
    event = _insert(of_event, "postgresql", "FROM request", after=before)
    entry = _insert(of_entry, "postgresql", "FROM request", after=before + more)
    return f"WITH request AS ({request}), event AS ({event}), entry AS ({entry}) SELECT id FROM request".encode()  # noqa: S608


@cache
def _lookup(vendor: str) -> str:
    fields = {field.attname: field.column for field in SignUpRequest._meta.concrete_fields}
    columns, mark = ", ".join(f'"{fields[name]}"' for name in _TOLD), _MARKS[vendor]
    return _newest(columns, vendor, f"{mark}1", f"{mark}2")


def _newest(columns: str, vendor: str, *applicant: str) -> str:
    where = _OF_APPLICANT[vendor].format(*applicant)
    order = "ORDER BY submitted_at DESC, id DESC LIMIT 1"
    return f'SELECT {columns} FROM "{SignUpRequest._meta.db_table}" WHERE {where} {order}'  # noqa: S608


# --- Running them --------------------------------------------------------------------------------------------


def _transaction(database: BaseDatabaseWrapper) -> AbstractContextManager[None]:
    """What makes the writing one deed: PostgreSQL's single statement is one by itself."""
    if database.vendor == "sqlite":
        return _turn()
    return transaction.atomic(durable=True) if database.in_atomic_block else nullcontext()


@contextmanager
def _turn() -> Iterator[None]:
    """SQLite has one writer at a time, and lets the others sleep and try again: threads wait here, for no longer than they must."""
    if not _writing.acquire(timeout=LONGEST_TURN_SECONDS):
        raise OperationalError("database is locked")
    try:
        with transaction.atomic(durable=True):
            yield
    finally:
        _writing.release()


def _write_at_once(database: BaseDatabaseWrapper, layouts: tuple[Layout, ...], rows: list[list[Any]]) -> bool:
    return _run(database, _one_statement(layouts), [value for row in rows for value in row]) is not None


def _write_in_turn(database: BaseDatabaseWrapper, layouts: tuple[Layout, ...], rows: list[list[Any]]) -> bool:
    request, *others = zip(_statements(database.vendor, layouts), rows, strict=True)
    with _cursor(database) as cursor:
        cursor.execute(*request)
        if cursor.rowcount != 1:
            return False
        for statement, row in others:
            cursor.execute(statement, row)
    return True


_WRITERS = {"postgresql": _write_at_once, "sqlite": _write_in_turn}


def _run(database: BaseDatabaseWrapper, sql: str | bytes, parameters: Sequence[Any]) -> Any:
    """The first row that the statement gives, or None.

    A connection that died while it was idle is replaced once: asking it first would cost a round trip for every call.
    Both statements may run twice.
    """
    try:
        return _first_row(database, sql, parameters)
    except (OperationalError, InterfaceError):
        if database.in_atomic_block or database.is_usable():
            raise
        database.close()
        return _first_row(database, sql, parameters)


def _first_row(database: BaseDatabaseWrapper, sql: str | bytes, parameters: Sequence[Any]) -> Any:
    with _cursor(database) as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()


def _cursor(database: BaseDatabaseWrapper) -> Any:
    """A cursor of the driver's that takes the statement as it is, prepared where the database can.

    Django's own reads each statement anew for its placeholders, and binds them in the client.
    """
    database.ensure_connection()
    driver: Any = database.connection
    plain: Any = psycopg.RawCursor(driver) if database.vendor == "postgresql" else driver.cursor()
    return database.make_cursor(plain)
