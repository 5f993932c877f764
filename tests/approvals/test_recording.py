"""The hot path writes what the models would write, all of it or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, models, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as rules
from hypothesis import strategies as st

from approvals import workflow
from approvals.applicant import Applicant, Identity
from approvals.models import AuditEvent, OutboxEntry, SignUpRequest, UserFlow
from approvals.workflow import recording
from tests.approvals import orm_recording
from tests.factories import make_applicant, make_flow, make_request

# What a database can hold: `connector.claims` lets nothing else through.
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=64)
VALUES = TEXT | st.booleans() | st.integers(-(2**31), 2**31 - 1)
APPLICANTS = st.builds(
    Applicant,
    email=st.emails(),
    identities=st.lists(st.builds(Identity, TEXT, TEXT, TEXT), max_size=2).map(tuple),
    attributes=st.dictionaries(TEXT, VALUES, max_size=5),
    locales=st.lists(st.sampled_from(["de-AT", "en", "pt_BR", "xx"]), max_size=3).map(tuple),
    received=st.dictionaries(st.text(), st.text() | st.none() | st.floats(allow_nan=False), max_size=3).map(json.dumps),
)


def rows(model: type[models.Model]) -> list[dict[str, Any]]:
    """All rows of a table as the database has them, newest last."""
    names = [field.attname for field in model._meta.concrete_fields]
    return list(model._default_manager.order_by("pk").values(*names))


def written_by(record: Any, flow: UserFlow, applicant: Applicant, previous: SignUpRequest | None) -> list[Any]:
    """The three rows that a way of recording wrote."""
    before = {model: len(rows(model)) for model in (SignUpRequest, AuditEvent, OutboxEntry)}
    assert record(flow, applicant, previous=previous) is not None
    added = {model: rows(model)[count:] for model, count in before.items()}
    assert [len(new) for new in added.values()] == [1, 1, 1]
    return [alike(new[0], flow, previous) for new in added.values()]


def alike(row: dict[str, Any], flow: UserFlow, previous: SignUpRequest | None) -> dict[str, Any]:
    """A row with what no two recordings share replaced by what it stands for."""
    request = SignUpRequest.objects.filter(flow=flow).latest("id")
    names = {flow.pk: "the flow", request.pk: "the request"} | ({previous.pk: "the previous one"} if previous else {})
    told = {**row, "flow_id": names.get(row.get("flow_id")), "request_id": names.get(row.get("request_id"))}
    told["previous_id"] = names.get(row.get("previous_id"))
    if previous:
        told["data"] = str(row.get("data")).replace(previous.reference, "its reference")
    for name in ("id", "reference"):
        told[name] = type(told.get(name))
    for name, value in row.items():
        if isinstance(value, datetime):
            assert abs(timezone.now() - value) < timedelta(minutes=1)
            told[name] = "now"
    return told


def closed(request: SignUpRequest | None) -> SignUpRequest:
    """The request, withdrawn."""
    assert request is not None
    now = timezone.now()
    SignUpRequest.objects.filter(pk=request.pk).update(status="withdrawn", decided_at=now, closed_at=now)
    return request


@pytest.mark.parametrize("asked_before", [False, True])
@rules(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(applicant=APPLICANTS)
def test_it_writes_the_rows_that_the_models_would_write(applicant: Applicant, asked_before: bool, db: None) -> None:
    written = []
    for record in (recording.record, orm_recording.record):
        flow = make_flow(f"flow-{uuid4()}", language="fr")
        previous = closed(workflow.submit(flow, applicant).request) if asked_before else None
        written.append(written_by(record, flow, applicant, previous))
    assert written[0] == written[1]


def test_the_request_that_it_returns_is_the_one_in_the_database(flow: UserFlow) -> None:
    request = recording.record(flow, make_applicant(), previous=None)
    assert request is not None
    kept = SignUpRequest.objects.get()
    for field in SignUpRequest._meta.concrete_fields:
        assert getattr(request, field.attname) == getattr(kept, field.attname), field.name


def test_it_writes_nothing_when_the_applicant_has_asked_since(flow: UserFlow) -> None:
    first = make_request(flow)
    SignUpRequest.objects.update(status="expired", decided_at=timezone.now(), closed_at=timezone.now())
    make_request(flow)
    before = [rows(model) for model in (SignUpRequest, AuditEvent, OutboxEntry)]
    assert recording.record(flow, make_applicant(), previous=None) is None
    assert recording.record(flow, make_applicant(), previous=first) is None
    assert recording.record(flow, make_applicant(), previous=SignUpRequest.objects.latest("id")) is None
    assert [rows(model) for model in (SignUpRequest, AuditEvent, OutboxEntry)] == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("table", ["approvals_auditevent", "approvals_outboxentry"])
def test_without_the_other_rows_there_is_no_request(table: str) -> None:
    flow = make_flow()
    with missing(table), pytest.raises(DatabaseError):
        recording.record(flow, make_applicant(), previous=None)
    assert not any(rows(model) for model in (SignUpRequest, AuditEvent, OutboxEntry))
    assert recording.record(flow, make_applicant(), previous=None) is not None


@contextmanager
def missing(table: str) -> Iterator[None]:
    """The database without one of its tables."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE elsewhere RENAME TO {table}")


@pytest.mark.django_db(transaction=True)
def test_it_refuses_to_be_part_of_another_transaction() -> None:
    flow = make_flow()
    with pytest.raises(RuntimeError), transaction.atomic():
        workflow.submit(flow, make_applicant())
    assert not SignUpRequest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_it_replaces_a_connection_that_died_while_idle() -> None:
    flow = make_flow()
    make_request(flow)
    if connection.vendor == "postgresql":
        pid = connection.connection.info.backend_pid
        with closing(connection.copy()) as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert recording.newest(flow, make_applicant()) is not None


def test_what_it_looks_up_is_what_the_models_say(flow: UserFlow) -> None:
    make_request(flow, status="denied", reason="No contract.")
    found, kept = recording.newest(flow, make_applicant()), SignUpRequest.objects.get()
    assert found == kept
    for field in SignUpRequest._meta.concrete_fields:
        assert getattr(found, field.attname) == getattr(kept, field.attname), field.name
    assert recording.newest(flow, make_applicant("somebody@else.example")) is None


@pytest.mark.django_db(transaction=True)
def test_it_leaves_to_the_database_a_column_that_it_does_not_know() -> None:
    """As it is while a newer version, whose migrations have run, replaces this one."""
    flow = make_flow()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE approvals_signuprequest ADD COLUMN from_tomorrow boolean NOT NULL DEFAULT false")
    recorded = recording.record(flow, make_applicant(), previous=None)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE approvals_signuprequest DROP COLUMN from_tomorrow")
    assert recorded is not None
