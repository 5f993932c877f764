"""Fifty submits of one person at once."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client

from approvals.models import AuditEvent, OutboxEntry, SignUpRequest
from connector.models import ConnectorCredential
from tests.concurrency.at_once import at_once
from tests.connector.conftest import CLAIMS, basic
from tests.factories import make_flow

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
MANY = 50


@pytest.fixture
def slow_insert() -> Iterator[None]:
    """Inserting a request takes a moment, so that many calls are certain to look before the first has written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION take_a_moment() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN PERFORM pg_sleep(0.3); RETURN NEW; END $$;"
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


def submit_many() -> list[str]:
    """The block pages that many simultaneous submits of one person got."""
    flow = make_flow()
    credential, secret = ConnectorCredential.issue(flow)
    headers = {"Authorization": basic(credential.username, secret)}

    def submit(_number: int) -> str:
        response = Client().post(
            f"/api/connectors/{flow.slug}/submit", json.dumps(CLAIMS), content_type="application/json", headers=headers
        )
        assert response.status_code == 200
        assert response.json()["action"] == "ShowBlockPage"
        return str(response.json()["userMessage"])

    told = at_once(MANY, submit)
    assert all(isinstance(message, str) for message in told), told
    return [message for message in told if isinstance(message, str)]


def test_without_the_constraint_one_person_gets_several_requests(slow_insert: None, no_guard: None) -> None:
    submit_many()
    assert SignUpRequest.objects.count() > 1


def test_with_it_there_is_one_request_and_one_reference() -> None:
    told = submit_many()
    request = SignUpRequest.objects.get()
    assert all(request.reference in message for message in told)
    assert AuditEvent.objects.filter(action="request.submitted").count() == 1
    assert OutboxEntry.objects.filter(kind="request.announce").count() == 1
