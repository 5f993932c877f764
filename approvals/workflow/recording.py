"""The connector's hot path: a sign-up is written, and an applicant is looked up, in one statement each.

What is written is what the models would write, at a fraction of the cost: a test proves that, row for row. Sign-ups that
come at the same time are written together (`approvals.workflow.together`): on PostgreSQL by one statement, which is a
transaction by itself; on SQLite in one short transaction that takes the write lock at its start.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.base import ModelState
from django.utils import timezone
from uuid6 import uuid7

from approvals import nudge, outbox
from approvals.applicant import Applicant
from approvals.languages import choose_language
from approvals.models import Action, AuditEvent, OutboxEntry, SignUpRequest, UserFlow
from approvals.models.sign_up_request import new_reference
from approvals.workflow.columns import insert, literal, read
from approvals.workflow.statement import Statement
from approvals.workflow.together import Together, TooLong

ANNOUNCE = "request.announce"
LONGEST_WAIT_SECONDS = 1.0

# What the connector needs to know of a request. Everything else is loaded when somebody asks for it.
_TOLD = (
    *("id", "reference", "flow_id", "status", "submitted_at", "closed_at", "decided_at", "effects_at", "reason"),
    "decided_by_policy",
)

# What a request is given when it is written; every other column gets its field's default.
_GIVEN = (
    *("id", "reference", "flow_id", "previous_id", "applicant_key", "email", "normalised_email", "display_name"),
    *("identities", "language", "locales", "attributes", "received", "submitted_at"),
)
_BESIDE = {"event_id": "uuid", "facts": "jsonb", "entry_id": "uuid"}

_FRESH = {"status": SignUpRequest.Status.PENDING, "reason": "", "decided_by_policy": False}

Values = dict[str, Any]


def newest(flow: UserFlow, applicant: Applicant) -> SignUpRequest | None:
    """The applicant's newest request in this flow, or None. One indexed query."""
    database = connections[DEFAULT_DB_ALIAS]
    rows = _lookup(database.vendor).rows(database, {"flow_id": flow.pk, "applicant_key": applicant.key})
    return _as_object(read(SignUpRequest, _TOLD, rows[0], database), flow) if rows else None


def record(flow: UserFlow, applicant: Applicant, *, previous: SignUpRequest | None) -> SignUpRequest | None:
    """Write the request, its audit event and the work that announces it: all durable on return, or none of them.

    None, with nothing written, when the applicant's newest request is not `previous` any more or an open one is there:
    the database decides between two calls at once. Raises RuntimeError inside a transaction, as every verb does, and
    OperationalError when others have kept the database busy for too long.
    """
    values = _values(flow, applicant, previous)
    return _as_object({**_FRESH, **values}, flow) if _is_written(values) else None


def record_within(flow: UserFlow, applicant: Applicant, *, previous: SignUpRequest | None) -> SignUpRequest | None:
    """What `record` does, as a part of the caller's transaction."""
    values = _values(flow, applicant, previous)
    if not _write([values])[0]:
        return None
    transaction.on_commit(nudge.workers, robust=True)
    return _as_object({**_FRESH, **values}, flow)


def _is_written(values: Values) -> bool:
    if connections[DEFAULT_DB_ALIAS].in_atomic_block:
        with transaction.atomic(durable=True):
            written = _write([values])
        transaction.on_commit(nudge.workers, robust=True)
        return written[0]
    try:
        is_written = _together.give(values, wait=LONGEST_WAIT_SECONDS)
    except TooLong:
        raise OperationalError("others keep the database busy") from None
    nudge.workers()
    return is_written


def _as_object(columns: Mapping[str, Any], flow: UserFlow) -> SignUpRequest:
    """A request as if loaded with what the connector needs. Any other column is loaded when somebody asks for it.

    As unpickling does it: `from_db` looks at every column for the sake of nine.
    """
    request = SignUpRequest.__new__(SignUpRequest)
    request._state = ModelState()
    request._state.db, request._state.adding = DEFAULT_DB_ALIAS, False
    request._state.fields_cache["flow"] = flow
    request.__dict__.update((name, columns.get(name)) for name in _TOLD)
    return request


def _values(flow: UserFlow, applicant: Applicant, previous: SignUpRequest | None) -> Values:
    """What differs in the three rows, by the names of the statement's parameters."""
    return {
        "id": uuid7(),
        "reference": new_reference(),
        "flow_id": flow.pk,
        "previous_id": previous.pk if previous else None,
        "applicant_key": applicant.key,
        "email": applicant.email,
        "normalised_email": applicant.normalised_email,
        "display_name": applicant.display_name,
        "identities": [vars(identity) for identity in applicant.identities],
        "language": choose_language(applicant.locales, flow.language),
        "locales": applicant.locales,
        "attributes": applicant.attributes,
        "received": applicant.received,
        "submitted_at": timezone.now(),
        "event_id": uuid7(),
        "facts": {"previous": previous.reference if previous else None},
        "entry_id": uuid7(),
    }


# --- Writing -------------------------------------------------------------------------------------------------


def _write_all(rows: list[Values]) -> list[bool | BaseException]:
    """Write them, and say of each whether it was. One that the database will not have does not spoil the others."""
    try:
        return [*_write(rows)]
    except (OperationalError, InterfaceError):
        raise
    except DatabaseError as error:
        return [error] if len(rows) == 1 else [outcome for row in rows for outcome in _write_all([row])]


def _write(rows: list[Values]) -> list[bool]:
    database = connections[DEFAULT_DB_ALIAS]
    return _WRITERS[database.vendor](database, rows)


def _write_at_once(database: BaseDatabaseWrapper, rows: list[Values]) -> list[bool]:
    written = _one_statement().rows(database, {"given": _as_json(rows)})
    ids = {row[0] for row in written}
    return [row["id"] in ids for row in rows]


def _write_in_turn(database: BaseDatabaseWrapper, rows: list[Values]) -> list[bool]:
    request, *others = _statements()
    written = []
    with transaction.atomic(durable=not database.in_atomic_block):
        for row in map(_with_json_as_text, rows):
            written.append(bool(request.rows(database, row)))
            if written[-1]:
                for statement in others:
                    statement.rows(database, row)
    return written


_WRITERS = {"postgresql": _write_at_once, "sqlite": _write_in_turn}
_together = Together[Values, bool](_write_all)
_as_json = json.JSONEncoder(default=str).encode


def _with_json_as_text(row: Values) -> Values:
    return {name: json.dumps(v) if isinstance(v, dict | list | tuple) else v for name, v in row.items()}


# --- Statements ----------------------------------------------------------------------------------------------


@cache
def _lookup(vendor: str) -> Statement:
    fields = {field.attname: field.column for field in SignUpRequest._meta.concrete_fields}
    columns = ", ".join(f'"{fields[name]}"' for name in _TOLD)
    flow_id, key = ("$1::bigint", "$2::varchar") if vendor == "postgresql" else (":flow_id", ":applicant_key")
    return Statement(vendor, _newest(columns, flow_id, key), ("flow_id", "applicant_key"))


def _newest(columns: str, flow_id: str, applicant_key: str) -> str:
    where = f"WHERE flow_id = {flow_id} AND applicant_key = {applicant_key}"
    return f'SELECT {columns} FROM "{SignUpRequest._meta.db_table}" {where} ORDER BY submitted_at DESC, id DESC LIMIT 1'  # noqa: S608


@cache
def _one_statement() -> Statement:
    """PostgreSQL: rows come as JSON; event and work are written from the request's row, so without it there is neither."""
    terms = {name: f"given.{name}" for name in (*_GIVEN, *_BESIDE)}
    request = _insert_request(terms, "IS NOT DISTINCT FROM", "FROM given")
    recorded = "FROM given JOIN request ON request.id = given.id"
    given = f"SELECT * FROM json_to_recordset($1::json) AS row({_types()})"  # noqa: S608
    sql = (
        f"WITH given AS ({given}), request AS ({request}), event AS ({_insert_event(terms, recorded)}), "  # noqa: S608
        f"entry AS ({_insert_entry(terms, recorded)}) SELECT id FROM request"
    )
    return Statement("postgresql", sql, ("given",))


def _types() -> str:
    """The parameters as columns of a record."""
    database = connections[DEFAULT_DB_ALIAS]
    fields = {field.attname: field.db_type(database) for field in SignUpRequest._meta.concrete_fields}
    types = {**{name: fields[name] for name in _GIVEN}, **_BESIDE}
    return ", ".join(f"{name} {of_name}" for name, of_name in types.items())


@cache
def _statements() -> tuple[Statement, ...]:
    """SQLite: one for each row; there is one writer anyway."""
    parameters = (*_GIVEN, *_BESIDE)
    terms = {name: f":{name}" for name in parameters}
    texts = (_insert_request(terms, "IS", ""), _insert_event(terms), _insert_entry(terms))
    return tuple(Statement("sqlite", sql, parameters) for sql in texts)


def _insert_request(terms: Mapping[str, str], is_same: str, source: str) -> str:
    """Insert a request unless the applicant's newest one has changed or an open one is there."""
    unchanged = f"({_newest('id', terms['flow_id'], terms['applicant_key'])}) {is_same} {terms['previous_id']}"
    given = {name: terms[name] for name in _GIVEN}
    return insert(SignUpRequest, given, f"{source} WHERE {unchanged} ON CONFLICT DO NOTHING RETURNING id")


def _insert_event(terms: Mapping[str, str], source: str = "") -> str:
    event = {"id": "event_id", "at": "submitted_at", "request_id": "id", "flow_id": "flow_id", "data": "facts"}
    given = {name: terms[parameter] for name, parameter in event.items()}
    return insert(AuditEvent, {**given, "action": literal(Action.SUBMITTED.value)}, source)


def _insert_entry(terms: Mapping[str, str], source: str = "") -> str:
    """The work, due at once, as the outbox would write it."""
    new = outbox.new_entry(ANNOUNCE, request_id=UUID(int=0))
    times = {"due_at", "turn_at", "created_at"}
    fixed = {name: literal(value) for name, value in new.items() if name not in {*times, "request_id"}}
    varying = {"id": terms["entry_id"], "request_id": terms["id"], **dict.fromkeys(times, terms["submitted_at"])}
    return insert(OutboxEntry, {**fixed, **varying}, source)
