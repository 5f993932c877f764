"""A database with a long life behind it: `fill(size)` writes so many requests, three times as many audit events,

twice as many outbox entries, and a delivery and a guest for each approval. Everything follows from a row's number, so that
two runs agree. PostgreSQL only, by COPY, with the secondary indexes taken down and built again around it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import GuestAccount, User
from approvals.models import Action, AuditEvent, Delivery, OutboxEntry, SignUpRequest, UserFlow
from approvals.models.sign_up_request import REFERENCE_ALPHABET

LETTERS = len(REFERENCE_ALPHABET)
TABLES = (
    "approvals_signuprequest",
    "approvals_auditevent",
    "approvals_delivery",
    "approvals_outboxentry",
    "accounts_guestaccount",
)
# Of a thousand requests 500, 300 and 20 are of the first three flows, and five of each of the others.
SITES = tuple(f"site-{number:02}" for number in range(36))
FLOWS = ("partners", "suppliers", "press", *SITES)
PEOPLE = {"all": FLOWS, "large": ("partners",), "small": ("press",), "many": SITES, "admin": ()}
FIRST = [
    "Anna",
    "Ben",
    "Chiara",
    "David",
    "Elif",
    "Finn",
    "Grace",
    "Hugo",
    "Ines",
    "Jonas",
    "Kaya",
    "Liam",
    "Maria",
    "Nour",
    "Olga",
    "Paul",
    "Quinn",
    "Rosa",
    "Sven",
    "Tara",
]
LAST = [
    "Berg",
    "Costa",
    "Dietrich",
    "Evans",
    "Ferrari",
    "Garcia",
    "Hansen",
    "Ito",
    "Jansen",
    "Kowalski",
    "Lopez",
    "Meyer",
    "Novak",
    "Oliveira",
    "Peeters",
]
DAY = timedelta(days=1)
# The first name of many who are guests, and of nobody who waits.
NEVER_PENDING = "Wendela"
OUTCOMES = {"approved": "guest.provision", "denied": "mail.denied"}


def fill(size: int) -> None:
    """Write the flows, the people and `size` requests into an empty database."""
    flows = [
        UserFlow.objects.create(slug=slug, name=slug.title(), redirect_url="https://app.example/") for slug in FLOWS
    ]
    people = [_person(name, slugs) for name, slugs in PEOPLE.items()]
    lives = _Lives(size, [flow.pk for flow in flows], [person.pk for person in people])
    with _without_secondary_indexes():
        _copy(SignUpRequest, lives.requests())
        _copy(AuditEvent, lives.events())
        _copy(Delivery, lives.deliveries())
        _copy(OutboxEntry, lives.work())
        _copy(GuestAccount, lives.guests())
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval(pg_get_serial_sequence('accounts_guestaccount', 'id'), %s)", [size])
        cursor.execute("VACUUM ANALYZE")


def _person(name: str, slugs: tuple[str, ...]) -> User:
    person = User.objects.create_user(name, is_superuser=name == "admin", is_staff=name == "admin")
    person.reviewed_flows.set(UserFlow.objects.filter(slug__in=slugs))
    return person


class _Lives:
    """The rows of all requests, table by table."""

    def __init__(self, size: int, flows: list[int], people: list[int]) -> None:
        self._size, self._flows, self._people = size, flows, people
        self._begin = datetime.now(UTC) - size * timedelta(seconds=63)

    def requests(self) -> Iterator[dict[str, Any]]:
        """One for each number, oldest first."""
        for n in range(self._size):
            yield self._request(n)

    def events(self) -> Iterator[dict[str, Any]]:
        """What happened to each: it came, it was decided or changed, and mail went or a guest was made."""
        for n in range(self._size):
            at, status = self._at(n), _status(n)
            decided = status != "pending"
            yield self._event(n, 0, at, Action.SUBMITTED)
            what = Action(f"request.{status}") if decided else Action.ANSWERS_CHANGED
            by = self._people[n % 4] if status in ("approved", "denied") else None
            yield self._event(n, 1, at + DAY, what, by)
            end = Action.DELIVERY_FAILED if _delivery(n) == "failed" else Action.PROVISIONED
            yield self._event(n, 2, at + DAY, end if status == "approved" else Action.MAIL_SENT)

    def deliveries(self) -> Iterator[dict[str, Any]]:
        """Of the approved: nearly all are done, one in a hundred and forty failed."""
        for n in range(self._size):
            if _status(n) == "approved":
                at = self._at(n)
                row = {"request_id": _id(n, 0, at), "state": _delivery(n), "updated_at": at + DAY}
                yield row | {"stage": "finished", "made": "created", "guest_id": str(UUID(int=n))}

    def work(self) -> Iterator[dict[str, Any]]:
        """What left the building for each: the receipt, and the outcome; one in a hundred thousand was given up."""
        for n in range(self._size):
            at, kind = self._at(n), OUTCOMES.get(_status(n), "mail.waiting")
            yield self._entry(n, 5, at, "mail.received") | {"once": f"received:{_id(n, 0, at)}"}
            yield self._entry(n, 6, at + DAY, kind) | {"state": "parked" if n % 100_000 == 7 else "done"}

    def guests(self) -> Iterator[dict[str, Any]]:
        """Of the approved whose delivery is done."""
        number = 0
        for n in range(self._size):
            if _status(n) == "approved" and _delivery(n) == "done":
                number += 1
                at = self._at(n) + DAY
                row = {"id": number, "request_id": _id(n, 0, self._at(n)), "object_id": str(UUID(int=n))}
                yield row | {"made": "created", "asked_at": at, "attributes_set_at": at, "created_at": at}

    def _request(self, n: int) -> dict[str, Any]:
        at, status = self._at(n), _status(n)
        decided_at = None if status == "pending" else at + DAY
        is_open = status == "pending" or (status == "approved" and _delivery(n) != "done")
        return _answers(n) | {
            "id": _id(n, 0, at),
            "reference": _reference(n),
            "flow_id": self._flow(n),
            "applicant_key": hashlib.sha256(str(n).encode()).hexdigest(),
            "status": status,
            "delivery_failed": status == "approved" and _delivery(n) == "failed",
            "version": 1 if status == "pending" else 2,
            "submitted_at": at,
            "decided_at": decided_at,
            "effects_at": decided_at,
            "closed_at": None if is_open else decided_at,
            "decided_by_id": self._people[n % 4] if status in ("approved", "denied") else None,
        }

    def _event(self, n: int, step: int, at: datetime, action: Action, actor: int | None = None) -> dict[str, Any]:
        row = {"id": _id(n, step + 1, at), "action": action.value, "at": at, "request_id": _id(n, 0, self._at(n))}
        return row | {"flow_id": self._flow(n), "actor_id": actor, "data": "{}"}

    def _entry(self, n: int, kind: int, at: datetime, name: str) -> dict[str, Any]:
        row = {
            "id": _id(n, kind, at),
            "kind": name,
            "request_id": _id(n, 0, self._at(n)),
            "state": "done",
            "attempts": 1,
        }
        return row | {
            "created_at": at,
            "due_at": at,
            "turn_at": at,
            "begun_at": at,
            "ended_at": at,
            "lane": "applicant",
        }

    def _at(self, n: int) -> datetime:
        return self._begin + n * timedelta(seconds=63)

    def _flow(self, n: int) -> int:
        place = _scattered(n, 3) % 1000
        border = ((500, 0), (800, 1), (820, 2))
        return self._flows[next((flow for end, flow in border if place < end), 3 + (place - 820) // 5)]


def _answers(n: int) -> dict[str, Any]:
    first, last = FIRST[_scattered(n, 1) % len(FIRST)], LAST[_scattered(n, 2) % len(LAST)]
    if _status(n) == "approved" and n % 50 == 0:
        first = NEVER_PENDING
    domain = "gmail.com" if n % 3 == 0 else f"company{n % 400}.example"
    email = f"{first}.{last}{n}@{domain}".lower()
    attributes = {"displayName": f"{first} {last}", "givenName": first, "surname": last, "jobTitle": f"Buyer {n % 97}"}
    reason = {"extension_0123456789abcdef0123456789abcdef_Why": "We supply the parts of the new line. " * 8}
    received = {"email": email, **attributes, **reason, "step": "PostAttributeCollection", "ui_locales": "en-US"}
    texts = {"email": email, "normalised_email": email, "display_name": attributes["displayName"]}
    return texts | {"attributes": json.dumps(attributes), "received": json.dumps(received)}


def _status(n: int) -> str:
    """Of a hundred: 2 pending, 70 approved, 26 denied, 1 expired, 1 withdrawn."""
    place = _scattered(n, 0) % 100
    borders = ((2, "pending"), (72, "approved"), (98, "denied"), (99, "expired"))
    return next((status for border, status in borders if place < border), "withdrawn")


def _delivery(n: int) -> str:
    return "failed" if n % 143 == 0 else "done"


def _scattered(n: int, salt: int) -> int:
    """A number that follows from another, and looks as if it did not."""
    mixed = (n * 4 + salt + 1) * 0x9E3779B97F4A7C15 % 2**64
    return (mixed ^ mixed >> 32) * 0xD6E8FEB86659FD93 % 2**64 >> 33


def _reference(n: int) -> str:
    """Seven letters, other ones for each number: the factor and the number of references have no common divisor."""
    left, letters = n * 7_990_271 % LETTERS**7, ""
    for _ in range(7):
        left, letter = divmod(left, LETTERS)
        letters = REFERENCE_ALPHABET[letter] + letters
    return f"{letters[:3]}-{letters[3:]}"


def _id(n: int, kind: int, at: datetime) -> UUID:
    """A version 7 id of that moment."""
    return UUID(int=(int(at.timestamp() * 1000) << 80) | (7 << 76) | (kind << 64) | (2 << 62) | n)


def _copy(model: Any, rows: Iterator[dict[str, Any]]) -> None:
    """Write the rows, with the model's own defaults for what they leave out."""
    columns = [field.column for field in model._meta.concrete_fields]
    rest = {field.column: _plain(field.get_default()) for field in model._meta.concrete_fields}
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {model._meta.db_table} ({', '.join(columns)}) FROM STDIN") as out,
    ):
        for row in rows:
            out.write_row([row[column] if column in row else rest[column] for column in columns])


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, list | dict) else value


@contextmanager
def _without_secondary_indexes() -> Iterator[None]:
    """Take down what is no constraint's index, and the checks of foreign keys, and put the indexes back."""
    found = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = ANY(%s) AND indexname NOT IN (SELECT conname FROM pg_constraint)"
    with connection.cursor() as cursor:
        cursor.execute(found, [list(TABLES)])
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f'DROP INDEX "{name}"')
        cursor.execute("SET session_replication_role = replica; SET maintenance_work_mem = '256MB'")
        yield
        for _, definition in indexes:
            cursor.execute(definition)
        cursor.execute("RESET session_replication_role; RESET maintenance_work_mem")
