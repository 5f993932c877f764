"""Fifty submits of two people at once: whoever comes while the first is written is written together with the others."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from threading import Event

import pytest
from django.db import DataError, connection
from django.test import Client

from approvals.models import AuditEvent, OutboxEntry, SignUpRequest
from approvals.workflow import recording
from connector.models import ConnectorCredential
from tests.concurrency.at_once import at_once
from tests.connector.conftest import CLAIMS, basic
from tests.factories import make_applicant, make_flow

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
MANY = 50
# As many as come within a moment on a machine that does other things, too.
FEW = 6
PEOPLE = ["john@fabrikam.example", "jane@fabrikam.example"]


@pytest.fixture
def slow_insert() -> Iterator[None]:
    """Inserting the first request takes a moment, so that all others are certain to come while it is written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION take_a_moment() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN IF NOT EXISTS (SELECT FROM approvals_signuprequest) THEN PERFORM pg_sleep(0.2); END IF; RETURN NEW; END $$;"
            "CREATE TRIGGER take_a_moment BEFORE INSERT ON approvals_signuprequest "
            "FOR EACH ROW EXECUTE FUNCTION take_a_moment()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER take_a_moment ON approvals_signuprequest; DROP FUNCTION take_a_moment()")


@pytest.fixture
def no_guard() -> Iterator[None]:
    """The database without its constraint of one open request for each applicant."""
    guard = next(c for c in SignUpRequest._meta.constraints if c.name == "one_open_request_per_applicant")
    with connection.schema_editor() as editor:
        editor.remove_constraint(SignUpRequest, guard)
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE approvals_signuprequest CASCADE")
    with connection.schema_editor() as editor:
        editor.add_constraint(SignUpRequest, guard)


def submit_many(times: int) -> list[list[str]]:
    """The block pages that two people got who submitted many times at once."""
    flow = make_flow()
    credential, secret = ConnectorCredential.issue(flow)
    headers = {"Authorization": basic(credential.username, secret)}

    def submit(number: int) -> str:
        claims = json.dumps({**CLAIMS, "email": PEOPLE[number % 2]})
        response = Client().post(
            f"/api/connectors/{flow.slug}/submit", claims, content_type="application/json", headers=headers
        )
        assert response.status_code == 200
        assert response.json()["action"] == "ShowBlockPage"
        return str(response.json()["userMessage"])

    told = at_once(times, submit)
    assert all(isinstance(message, str) for message in told), told
    return [[str(message) for message in told[person::2]] for person in range(len(PEOPLE))]


@contextmanager
def nobody_writes_until_all_wait(callers: int) -> Iterator[None]:
    """The first to write is kept from it until the others have come, or for as long as they would wait."""
    with closing(connection.copy()) as other, other.cursor() as cursor, ThreadPoolExecutor(1) as pool:
        cursor.execute("BEGIN; LOCK TABLE approvals_signuprequest IN SHARE ROW EXCLUSIVE MODE")

        def let_go_in_time() -> None:
            until, waiting = time.monotonic() + 30, 0
            while waiting < callers - 1 and time.monotonic() < until:
                Event().wait(0.005)
                if not waiting and recording._together._waiting:
                    until = time.monotonic() + recording.LONGEST_WAIT_SECONDS * 0.8
                waiting = len(recording._together._waiting)
            cursor.execute("ROLLBACK")

        letting_go = pool.submit(let_go_in_time)
        yield
        letting_go.result(30)


def test_without_the_constraint_one_person_gets_several_requests(no_guard: None) -> None:
    flow = make_flow()
    # What the first call of a process loads takes longer than the others would wait.
    assert recording.record(flow, make_applicant("somebody@else.example"), previous=None) is not None
    applicants = [make_applicant(email) for email in PEOPLE * (FEW // 2)]
    with nobody_writes_until_all_wait(FEW):
        at_once(FEW, lambda number: recording.record(flow, applicants[number], previous=None))
    assert SignUpRequest.objects.filter(email__in=PEOPLE).count() > len(PEOPLE)


def test_with_it_there_is_one_request_and_one_reference_each() -> None:
    told = submit_many(MANY)
    assert SignUpRequest.objects.count() == len(PEOPLE)
    for email, messages in zip(PEOPLE, told, strict=True):
        request = SignUpRequest.objects.get(email=email)
        assert all(request.reference in message for message in messages)
    assert AuditEvent.objects.filter(action="request.submitted").count() == len(PEOPLE)
    assert OutboxEntry.objects.filter(kind="request.announce").count() == len(PEOPLE)


def test_what_the_database_refuses_spoils_nothing_that_is_written_with_it(slow_insert: None) -> None:
    flow = make_flow()
    names = [f"Applicant {number}" for number in range(12)]
    names[7] = "much too long " * 30

    def record(number: int) -> SignUpRequest | None:
        applicant = make_applicant(f"a{number}@fabrikam.example", displayName=names[number])
        return recording.record(flow, applicant, previous=None)

    outcomes = at_once(len(names), record)
    assert isinstance(outcomes.pop(7), DataError)
    assert all(isinstance(outcome, SignUpRequest) for outcome in outcomes)
    assert SignUpRequest.objects.count() == AuditEvent.objects.count() == OutboxEntry.objects.count() == 11


@pytest.fixture
def slow_commit() -> Iterator[None]:
    """A transaction with an audit event takes a moment at its very end, when every row is written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION take_a_moment() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_sleep(0.02); RETURN NULL; END $$;"
            "CREATE CONSTRAINT TRIGGER take_a_moment AFTER INSERT ON approvals_auditevent DEFERRABLE INITIALLY DEFERRED "
            "FOR EACH ROW EXECUTE FUNCTION take_a_moment()"
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER take_a_moment ON approvals_auditevent; DROP FUNCTION take_a_moment()")


def test_nobody_is_answered_before_the_commit(slow_commit: None) -> None:
    flow = make_flow()

    def record_and_look(number: int) -> bool:
        request = recording.record(flow, make_applicant(f"a{number}@fabrikam.example"), previous=None)
        # Each thread has a connection of its own: it sees what is committed, and nothing else.
        return request is not None and SignUpRequest.objects.filter(pk=request.pk).exists()

    assert at_once(20, record_and_look) == [True] * 20
