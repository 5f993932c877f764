"""A policy tried on what was: compared with what people decided, and leaving no trace."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import AuditEvent, OutboxEntry, PolicyEvaluation, SignUpRequest, UserFlow, Verification
from approvals.policy import dry_run
from approvals.policy.lists import save_list
from tests.factories import make_flow, make_request
from tests.policy.making import claim, domain, policy, rule

GOOD, BAD = domain("good.example"), domain("bad.example")
RULES = policy(
    rule("bad", "refuse", BAD),
    rule("short", "correct", claim("jobTitle", "length", max=3)),
    rule("good", "approve", GOOD),
)


def make(flow: UserFlow, email: str, status: str = "pending", **fields: Any) -> SignUpRequest:
    """A request with this address and status."""
    return make_request(flow, email=email, status=status, **fields)


def test_it_compares_with_what_people_decided(flow: UserFlow) -> None:
    make(flow, "1@good.example", "approved")
    make(flow, "2@bad.example", "denied")
    wrong_approval = make(flow, "3@bad.example", "approved")
    wrong_denial = make(flow, "4@good.example", "denied")
    make(flow, "5@good.example")
    make(flow, "6@elsewhere.example", "denied")
    make(flow, "7@good.example", "approved", jobTitle="IT")
    told = dry_run.over(flow, RULES, 30)
    assert told.outcomes == {"approve": 3, "refuse": 2, "review": 1, "correct": 1}
    assert told.rules == {"good": 3, "bad": 2, "short": 1}
    assert (told.requests, told.agreements, told.disagreements, told.complete) == (7, 2, 2, True)
    assert [(each.reference, each.status, each.outcome, each.rule) for each in told.listed] == [
        (wrong_denial.reference, "denied", "approve", ("good", "Good")),
        (wrong_approval.reference, "approved", "refuse", ("bad", "Bad")),
    ]


def test_what_the_policy_decided_itself_is_no_judgement(flow: UserFlow) -> None:
    request = make(flow, "1@good.example", "denied")
    SignUpRequest.objects.filter(pk=request.pk).update(decided_by_policy=True)
    told = dry_run.over(flow, RULES, 30)
    assert (told.requests, told.agreements, told.disagreements) == (1, 0, 0)


def test_it_looks_at_this_flow_and_these_days_only(flow: UserFlow) -> None:
    make(make_flow("suppliers"), "1@good.example")
    old, new = make(flow, "2@good.example"), make(flow, "3@good.example")
    SignUpRequest.objects.filter(pk=old.pk).update(submitted_at=timezone.now() - timedelta(days=31))
    assert [each.reference for each in dry_run.judged(flow, RULES, 30)] == [new.reference]
    assert dry_run.over(flow, RULES, 60).requests == 2


def test_a_refusal_after_signing_in_counts(flow: UserFlow) -> None:
    make(flow, "1@bad.example")
    early = policy(rule("bad", "refuse", BAD, steps=["check_status"]), rule("all", "approve"))
    assert dry_run.over(flow, early, 30).outcomes == {"refuse": 1}


def test_it_knows_what_was_known_then(flow: UserFlow) -> None:
    """Not the decision on the request itself, nor what was decided later."""
    first = make(flow, "1@good.example", "denied")
    SignUpRequest.objects.filter(pk=first.pk).update(
        submitted_at=timezone.now() - timedelta(days=3), decided_at=timezone.now() - timedelta(days=2)
    )
    flow.reapply_after_days = 0
    flow.save(update_fields=["reapply_after_days"])
    make(flow, "1@good.example")
    again = policy(rule("again", "refuse", {"subject": "earlier", "test": "denied"}))
    assert [str(each.outcome) for each in dry_run.judged(flow, again, 30)] == ["refuse", "review"]


def test_it_takes_hints_and_verification_as_they_are_stored(flow: UserFlow) -> None:
    hinted, verified = make(flow, "1@x.example"), make(flow, "2@x.example")
    SignUpRequest.objects.filter(pk=hinted.pk).update(hints=[{"code": "disposable", "facts": {}}])
    for number, outcome in enumerate(("failed", "passed")):
        Verification.objects.create(
            flow=flow,
            request=verified,
            applicant_key="k",
            inputs=str(number),
            vendor="v",
            outcome=outcome,
            at=timezone.now() + timedelta(seconds=number),
        )
    rules = policy(
        rule("hint", "refuse", {"subject": "hint", "test": "one_of", "values": ["disposable"]}),
        rule("passed", "approve", {"subject": "verification", "test": "one_of", "values": ["passed"]}),
        rule("verify", "verify"),
    )
    assert [str(each.outcome) for each in dry_run.judged(flow, rules, 30)] == ["approve", "refuse"]
    make(flow, "3@x.example")
    assert dry_run.over(flow, rules, 30).outcomes == {"approve": 1, "refuse": 1, "verify": 1}


def test_it_takes_the_lists_as_they_are(flow: UserFlow) -> None:
    make(flow, "1@good.example")
    listed = policy(rule("a", "approve", {"subject": "email_domain", "test": "in_list", "list": "partners"}))
    assert dry_run.over(flow, listed, 30).outcomes == {"review": 1}
    save_list("partners", "Partners", ["good.example"], base_version=0, actor=None)
    assert dry_run.over(flow, listed, 30).outcomes == {"approve": 1}
    assert dry_run.over(flow, listed, 30, lists={}).outcomes == {"review": 1}


def test_it_goes_through_many_a_few_at_a_time(flow: UserFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dry_run, "CHUNK", 3)
    monkeypatch.setattr(dry_run, "LISTED", 2)
    made = [make(flow, f"{number}@good.example", "denied") for number in range(8)]
    # At the same moment the order goes on by the key.
    SignUpRequest.objects.filter(pk__in=[each.pk for each in made[2:7]]).update(submitted_at=made[4].submitted_at)
    with CaptureQueriesContext(connection) as asked:
        told = dry_run.over(flow, RULES, 30)
    assert (told.requests, told.disagreements, len(told.listed)) == (8, 8, 2)
    assert len(asked) == 7
    some = dry_run.over(flow, RULES, 30, most=5)
    assert (some.requests, some.complete) == (5, False)
    assert dry_run.over(flow, RULES, 30, most=8).complete


def test_it_writes_nothing(flow: UserFlow) -> None:
    make(flow, "1@good.example")
    models = (SignUpRequest, AuditEvent, OutboxEntry, PolicyEvaluation)
    before = [list(model.objects.order_by("pk").values()) for model in models]
    with CaptureQueriesContext(connection) as asked:
        dry_run.over(flow, RULES, 30)
    assert all(query["sql"].startswith("SELECT") for query in asked)
    assert [list(model.objects.order_by("pk").values()) for model in models] == before


def test_hints_that_cannot_be_read_approve_nobody(flow: UserFlow) -> None:
    request = make(flow, "1@good.example")
    SignUpRequest.objects.filter(pk=request.pk).update(hints=["?"])
    hinted = {"subject": "hint", "test": "one_of", "values": ["disposable"]}
    rules = policy(rule("hint", "refuse", hinted), rule("all", "approve"))
    assert dry_run.over(flow, rules, 30).outcomes == {"review": 1}
