"""What the database knows of somebody: earlier decisions, asked for only when a rule wants to know."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from uuid6 import uuid7

from approvals import workflow
from approvals.models import SignUpRequest, UserFlow
from approvals.policy.engine import evaluate
from approvals.policy.facts import earlier, gather
from tests.factories import make_applicant, make_flow, make_identity, make_request
from tests.policy.making import domain, policy, rule

JOHN = make_applicant()
GOOGLE = make_applicant(identities=(make_identity(),))


def decisions(flow: UserFlow, applicant: Any = JOHN) -> set[tuple[str, bool]]:
    """Decision and whether it was in this flow, of all that are known now."""
    return {(each.decision, each.this_flow) for each in earlier(flow, applicant, before=timezone.now())}


def test_nobody_has_decided_on_a_newcomer(flow: UserFlow) -> None:
    make_request(flow)
    make_request(flow, email="other@fabrikam.example", status="denied")
    assert decisions(flow) == set()


def test_it_knows_decisions_in_this_flow_and_in_others(flow: UserFlow) -> None:
    make_request(flow, status="denied")
    make_request(make_flow("suppliers"), status="provisioned")
    assert decisions(flow) == {("denied", True), ("approved", False)}


def test_a_decision_that_was_taken_back_is_none(flow: UserFlow) -> None:
    request = make_request(flow, status="denied")
    workflow.reopen(request.pk, actor=None)
    assert decisions(flow) == set()


def test_another_identity_with_the_address_was_denied_but_not_approved(flow: UserFlow) -> None:
    make_request(flow, status="approved")
    make_request(make_flow("suppliers"), status="denied")
    assert decisions(flow, GOOGLE) == {("denied", False)}


def test_the_same_identity_with_another_address_is_the_same_person(flow: UserFlow) -> None:
    make_request(make_flow("suppliers"), status="approved", email="old@fabrikam.example", identities=(make_identity(),))
    assert decisions(flow, GOOGLE) == {("approved", False)}


def test_what_was_decided_afterwards_does_not_count(flow: UserFlow) -> None:
    make_request(flow, status="denied")
    assert earlier(flow, JOHN, before=timezone.now() - timedelta(hours=1)) == ()


def test_it_asks_once_and_only_when_a_rule_wants_to_know(flow: UserFlow) -> None:
    make_request(flow, status="denied")
    before = {"subject": "earlier", "test": "denied"}
    idle = policy(rule("a", "refuse", before, domain("elsewhere.example")), rule("b", "approve"))
    asking = policy(rule("a", "refuse", before), rule("b", "approve", {**before, "not": True}))
    for rules, queries, outcome in ((idle, 0, "approve"), (asking, 1, "refuse")):
        with CaptureQueriesContext(connection) as asked:
            assert evaluate(rules, gather(flow, JOHN, step="submit", lists={})).outcome == outcome
        assert len(asked) == queries


def test_it_looks_along_indexes(flow: UserFlow) -> None:
    """The plan goes by the applicant and by the address, never by all requests of a flow."""
    template = make_request(flow, status="denied")
    copies = [copy_of(template, number) for number in range(2000)]
    SignUpRequest.objects.bulk_create(copies)
    with CaptureQueriesContext(connection) as asked:
        earlier(flow, JOHN, before=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + asked[0]["sql"])
        plan = "\n".join(str(row) for row in cursor.fetchall())
    assert "applicants_requests" in plan
    assert "normalised_email" in plan
    assert "queue_lanes" not in plan
    assert f"SCAN {SignUpRequest._meta.db_table}" not in plan
    assert f"Seq Scan on {SignUpRequest._meta.db_table}" not in plan


def copy_of(request: SignUpRequest, number: int) -> SignUpRequest:
    """The same request of somebody else."""
    fields = {field.attname: getattr(request, field.attname) for field in SignUpRequest._meta.concrete_fields}
    own = {"id": uuid7(), "reference": f"X{number}", "applicant_key": f"{number:064}"}
    return SignUpRequest(**{**fields, **own, "email": f"{number}@x.example", "normalised_email": f"{number}@x.example"})


@pytest.mark.parametrize("count", [3])
def test_a_hint_is_asked_for_once(flow: UserFlow, count: int) -> None:
    asked: list[int] = []

    def hints() -> set[str]:
        asked.append(1)
        return {"disposable"}

    hinted = {"subject": "hint", "test": "one_of", "values": ["look_alike"]}
    known = gather(flow, JOHN, step="submit", lists={}, hints=hints)
    evaluate(policy(*(rule(f"r{number}", "refuse", hinted) for number in range(count))), known)
    assert asked == [1]
