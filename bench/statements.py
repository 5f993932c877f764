"""The same two inserts as a submit makes, for those that are compared with it: taken from a submit that was made."""

from __future__ import annotations

from typing import Any

from django.db import connection, models
from psycopg import sql

from approvals.models import AuditEvent, SignUpRequest

# A key that grows with time, as uuid7 does, and a text that nobody else has.
GROWING = "(lpad(to_hex((extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || substr(md5(random()::text), 1, 20))::uuid"
UNIQUE = "encode(sha256(uuid_send(gen_random_uuid())), 'hex')"
SHORT = "substr(encode(uuid_send(gen_random_uuid()), 'base64'), 1, 8)"


def of_bare_endpoint() -> dict[str, str]:
    """With numbered parameters: (id, reference, key, address, now) and (id, request, now)."""
    request = {"id": "$1", "reference": "$2", "applicant_key": "$3", "email": "$4", "normalised_email": "$4"}
    event = {"id": "$1", "request_id": "$2", "at": "$3"}
    return {
        "request": _insert(SignUpRequest, {**request, "submitted_at": "$5"}),
        "event": _insert(AuditEvent, event),
    }


def of_pgbench() -> str:
    """A script in which the database makes up what differs."""
    request = {"id": GROWING, "reference": SHORT, "applicant_key": UNIQUE, "email": UNIQUE, "normalised_email": UNIQUE}
    event = {"id": GROWING, "request_id": ":id", "at": "now()"}
    return "\n".join(
        [
            "BEGIN;",
            _insert(SignUpRequest, {**request, "submitted_at": "now()"}) + " RETURNING id AS id \\gset",
            _insert(AuditEvent, event) + ";",
            "COMMIT;",
        ]
    )


def _insert(model: type[models.Model], different: dict[str, str]) -> str:
    """An insert of the newest row again, with these expressions for what differs."""
    fields = model._meta.concrete_fields
    columns = ", ".join(f'"{field.column}"' for field in fields)
    kept = _newest_row(model)
    values = [different.get(field.attname) or kept[field.attname] for field in fields]
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) VALUES ({", ".join(values)})'  # noqa: S608 - our own


def _newest_row(model: type[models.Model]) -> dict[str, Any]:
    with connection.cursor() as cursor:
        casts = ", ".join(f'"{field.column}"::text' for field in model._meta.concrete_fields)
        cursor.execute(f'SELECT {casts} FROM "{model._meta.db_table}" ORDER BY id DESC LIMIT 1')  # noqa: S608
        row = cursor.fetchone()
    names = [field.attname for field in model._meta.concrete_fields]
    literals = ["NULL" if value is None else sql.Literal(value).as_string(None) for value in row]
    return dict(zip(names, literals, strict=True))
