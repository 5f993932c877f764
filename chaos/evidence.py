"""What is left after the storm, read from outside: database, directory, the mail server's ledger, and what people were told."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import class_row

from chaos.mail_server import Accepted
from chaos.people import Person
from chaos.strikes import Stage
from chaos.supervision import Death

REQUESTS = """
SELECT request.id::text, reference, flow.slug AS flow, normalised_email AS email, status, provisioning,
       invitation_mail, tell_applicant, coalesce(delivery.state, '') AS delivery, coalesce(delivery.code, '') AS code,
       coalesce(delivery.explanation, '') AS explanation, coalesce(delivery.guest_id, '') AS guest_id,
       coalesce(delivery.made, '') AS made
FROM approvals_signuprequest AS request
JOIN approvals_userflow AS flow ON flow.id = request.flow_id
LEFT JOIN approvals_delivery AS delivery ON delivery.request_id = request.id
"""
EVENTS = """
SELECT request_id::text AS request, action, data FROM approvals_auditevent
WHERE request_id IS NOT NULL ORDER BY at, id
"""
ENTRIES = """
SELECT id::text, coalesce(request_id::text, '') AS request, kind, state, code, payload FROM approvals_outboxentry
"""
WAITING = "SELECT username FROM accounts_user WHERE notify AND is_active AND email <> ''"


@dataclass(frozen=True)
class Request:
    """One row of the database, with its delivery."""

    id: str
    reference: str
    flow: str
    email: str
    status: str
    provisioning: str
    invitation_mail: str
    tell_applicant: bool
    delivery: str
    code: str
    explanation: str
    guest_id: str
    made: str


@dataclass(frozen=True)
class Event:
    """One event of a request's audit trail."""

    request: str
    action: str
    data: dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """One row of the outbox."""

    id: str
    request: str
    kind: str
    state: str
    code: str
    payload: dict[str, Any]


@dataclass
class Evidence:
    """All that the promises are judged by."""

    people: list[Person]
    requests: list[Request]
    trails: dict[str, list[Event]]
    entries: list[Entry]
    mails: list[Accepted]
    directory: list[dict[str, Any]]
    deaths: list[Death] = field(default_factory=list)
    cuts: list[tuple[float, float]] = field(default_factory=list)
    strangers: frozenset[str] = frozenset()  # ids of those who were in the directory before

    def of(self, person: Person) -> list[Request]:
        """The requests of a person."""
        address = person.email.lower()
        return [request for request in self.requests if (request.email, request.flow) == (address, person.flow)]


def gather(stage: Stage, people: list[Person], strangers: frozenset[str]) -> Evidence:
    """Look everywhere."""
    house = stage.house
    with house.postgres.connect() as connection:
        requests = _rows(connection, Request, REQUESTS)
        events = _rows(connection, Event, EVENTS)
        entries = _rows(connection, Entry, ENTRIES)
    trails: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        trails[event.request].append(event)
    return Evidence(
        people=people,
        requests=requests,
        trails=trails,
        entries=entries,
        mails=list(house.mail.ledger),
        directory=house.tenant.users(),
        deaths=sorted(death for worker in house.workers for death in worker.deaths),
        cuts=list(stage.cut),
        strangers=strangers,
    )


def _rows(connection: psycopg.Connection, kind: type[Any], query: str) -> list[Any]:
    with connection.cursor(row_factory=class_row(kind)) as cursor:
        return cursor.execute(query.encode()).fetchall()
