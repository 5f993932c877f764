"""The connector's hot path: a sign-up is written, and an applicant is looked up, in one statement each.

What is written is what the models would write, at a fraction of the cost: a test proves that, row for row. On PostgreSQL
the statements are prepared once for each connection, and the three rows are one statement and so one round trip that
commits by itself; SQLite gets a short transaction that takes the write lock at its start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import InterfaceError, OperationalError, connection, models, transaction
from django.utils import timezone
from uuid6 import uuid7

from approvals import nudge, outbox
from approvals.applicant import Applicant
from approvals.languages import choose_language
from approvals.models import Action, AuditEvent, OutboxEntry, SignUpRequest, UserFlow
from approvals.models.sign_up_request import new_reference

# What the connector needs to know of a request. Everything else is loaded when somebody asks for it.
_TOLD = ("id", "reference", "flow_id", "status", "submitted_at", "closed_at", "decided_at", "effects_at", "reason")


def newest(flow: UserFlow, applicant: Applicant) -> SignUpRequest | None:
    """The applicant's newest request in this flow, or None. One indexed query."""
    sql, readers = _lookup(connection.vendor)
    row = _run(sql, (flow.pk, applicant.key))
    if row is None:
        return None
    request = _as_object({name: _read(reader, value) for (name, reader), value in zip(readers, row, strict=True)})
    request.flow = flow
    return request


def record(flow: UserFlow, applicant: Applicant, *, previous: SignUpRequest | None) -> SignUpRequest | None:
    """Write the request, its audit event and the work that announces it: all durable on return, or none of them.

    None, with nothing written, when the applicant's newest request is not `previous` any more or an open one is there:
    the database decides between two calls at once. Raises RuntimeError inside a transaction, as every verb does.
    """
    request = _request(flow, applicant, previous)
    facts = {"previous": previous.reference if previous else None}
    event = {"action": Action.SUBMITTED, "request_id": request["id"], "flow_id": flow.pk, "data": facts}
    rows = _Rows(
        _values(SignUpRequest, request),
        _values(AuditEvent, event),
        _values(OutboxEntry, outbox.new_entry("request.announce", request_id=request["id"])),
        (flow.pk, request["applicant_key"], _uuid(request["previous_id"])),
    )
    with _transaction():
        recorded = _WRITERS[connection.vendor](rows)
    if not recorded:
        return None
    transaction.on_commit(nudge.workers, robust=True)
    fresh = _as_object(request)
    fresh.flow = flow
    return fresh


def _as_object(columns: dict[str, Any]) -> SignUpRequest:
    """A request as if loaded with these columns. Any other is loaded when somebody asks for it."""
    names = [field.attname for field in SignUpRequest._meta.concrete_fields if field.attname in columns]
    return SignUpRequest.from_db(connection.alias, names, [columns[name] for name in names])


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
        "identities": [asdict(identity) for identity in applicant.identities],
        "language": choose_language(applicant.locales, flow.language),
        "locales": list(applicant.locales),
        "attributes": dict(applicant.attributes),
        "received": applicant.received,
        "submitted_at": timezone.now(),
    }


# --- Rows in the database's own form -------------------------------------------------------------------------


class _Rows:
    """The three rows as parameters, and the condition under which they may be written."""

    def __init__(self, request: list[Any], event: list[Any], entry: list[Any], condition: Sequence[Any]) -> None:
        self.request, self.event, self.entry, self.condition = request, event, entry, condition


class _Column(NamedTuple):
    """A column that is written: the database's form of a value, and of the value that it has when nobody gives one."""

    name: str
    quoted: str
    prepare: Callable[[Any], Any]
    default: Callable[[], Any]


@cache
def _columns(model: type[models.Model], _vendor: str) -> tuple[_Column, ...]:
    """The columns that a model writes, in the model's order; the database fills in the others."""
    fields = model._meta.concrete_fields
    return tuple(_column(field) for field in fields if _is_written(field))


def _is_written(field: models.Field[Any, Any]) -> bool:
    return not field.generated and (field.has_default() or not field.has_db_default())


def _column(field: models.Field[Any, Any]) -> _Column:
    def prepare(value: Any) -> Any:
        return field.get_db_prep_save(value, connection)

    def default() -> Any:
        return prepare(field.get_default())

    # Only what is called for each new row may differ from row to row.
    if not callable(field.default) or field.default in (dict, list):
        constant = default()
        return _Column(field.attname, f'"{field.column}"', prepare, lambda: constant)
    return _Column(field.attname, f'"{field.column}"', prepare, default)


def _values(model: type[models.Model], given: dict[str, Any]) -> list[Any]:
    """A parameter for each column, in the columns' order."""
    return [
        column.prepare(given[column.name]) if column.name in given else column.default()
        for column in _columns(model, connection.vendor)
    ]


def _uuid(value: UUID | None) -> Any:
    return SignUpRequest._meta.pk.get_db_prep_save(value, connection)


# --- Statements ----------------------------------------------------------------------------------------------


def _insert(model: type[models.Model], source: str = "") -> str:
    columns = _columns(model, connection.vendor)
    names, marks = ", ".join(column.quoted for column in columns), ", ".join(["%s"] * len(columns))
    return f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {marks} {source}'


@cache
def _insert_request(is_same: str) -> str:
    """Insert a request unless the applicant's newest one has changed or an open one is there."""
    newest_id = (
        f'SELECT id FROM "{SignUpRequest._meta.db_table}" WHERE flow_id = %s AND applicant_key = %s'  # noqa: S608
        " ORDER BY submitted_at DESC, id DESC LIMIT 1"
    )
    return _insert(SignUpRequest, f"WHERE ({newest_id}) {is_same} ON CONFLICT DO NOTHING")


@cache
def _one_statement() -> str:
    """PostgreSQL: the event and the work are written from the request's row, so without it there is neither."""
    request = f"{_insert_request('IS NOT DISTINCT FROM %s::uuid')} RETURNING id"
    event, entry = _insert(AuditEvent, "FROM request"), _insert(OutboxEntry, "FROM request")
    return f"WITH request AS ({request}), event AS ({event}), entry AS ({entry}) SELECT id FROM request"  # noqa: S608


@cache
def _lookup(_vendor: str) -> tuple[str, list[tuple[str, list[Any]]]]:
    """The query of `newest`, and for each of its columns what turns the database's value into the field's."""
    fields = [field for field in SignUpRequest._meta.concrete_fields if field.attname in _TOLD]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    where = "WHERE flow_id = %s AND applicant_key = %s ORDER BY submitted_at DESC, id DESC LIMIT 1"
    readers = [(field.attname, _readers(field)) for field in fields]
    return f'SELECT {columns} FROM "{SignUpRequest._meta.db_table}" {where}', readers  # noqa: S608


def _readers(field: models.Field[Any, Any]) -> list[Any]:
    column = field.cached_col
    both = (*connection.ops.get_db_converters(column), *field.get_db_converters(connection))
    return [(reader, column) for reader in both]


def _read(readers: list[Any], value: Any) -> Any:
    for reader, column in readers:
        value = reader(value, column, connection)
    return value


# --- Running them --------------------------------------------------------------------------------------------


def _transaction() -> AbstractContextManager[Any]:
    """What makes the writing one deed: PostgreSQL's single statement is one by itself."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        return nullcontext()
    return transaction.atomic(durable=True)


def _write_at_once(rows: _Rows) -> bool:
    return _run(_one_statement(), [*rows.request, *rows.condition, *rows.event, *rows.entry]) is not None


def _write_in_turn(rows: _Rows) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_insert_request("IS %s"), [*rows.request, *rows.condition])
        if cursor.rowcount != 1:
            return False
        cursor.execute(_insert(AuditEvent), rows.event)
        cursor.execute(_insert(OutboxEntry), rows.entry)
    return True


_WRITERS = {"postgresql": _write_at_once, "sqlite": _write_in_turn}


def _run(sql: str, parameters: Sequence[Any]) -> Any:
    """The first row that the statement gives, or None.

    A connection that died while it was idle is replaced once: asking it first would cost a round trip for every call.
    Both statements may run twice.
    """
    try:
        return _first_row(sql, parameters)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        return _first_row(sql, parameters)


def _first_row(sql: str, parameters: Sequence[Any]) -> Any:
    with _cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone()


def _cursor() -> Any:
    """A cursor that prepares its statements where the database can: Django's own binds them in the client."""
    if connection.vendor != "postgresql":
        return connection.cursor()
    connection.ensure_connection()
    preparing: Any = psycopg.Cursor(connection.connection)
    return connection.make_debug_cursor(preparing) if connection.queries_logged else connection.make_cursor(preparing)
