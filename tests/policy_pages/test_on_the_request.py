"""What the policy and the verification said, on the page of the request."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from approvals import audit
from approvals.models import Action, PolicyEvaluation, SignUpRequest, UserFlow, Verification
from approvals.policy.engine import Verdict, evaluate
from approvals.policy.in_force import readable
from approvals.review.evaluations import evaluations_of, verifications_of
from tests.connector.conftest import as_entra
from tests.factories import make_applicant, make_request
from tests.policy.making import domain, facts, rule

__all__ = ["as_entra"]


@pytest.fixture
def request_(flow: UserFlow) -> SignUpRequest:
    """John Smith of fabrikam.example."""
    return make_request(flow)


def keep(request: SignUpRequest, version: Any, verdict: Verdict, **fields: Any) -> PolicyEvaluation:
    """Store an evaluation."""
    named = verdict.rule
    kept = {"rule_id": named.id if named else "", "rule_name": named.name if named else "", "trail": verdict.trail}
    return PolicyEvaluation.objects.create(
        request=request, version=version, **{"outcome": verdict.outcome, "step": "submit", **kept, **fields}
    )


def page_of(browser: Client, request: SignUpRequest) -> str:
    return browser.get(reverse("review:request", args=[request.reference])).content.decode()


def test_a_request_says_why_it_was_approved(annas: Client, request_, published) -> None:
    version = published(
        rule("bad", "refuse", domain("mallory.example")),
        rule("partners", "approve", domain("fabrikam.example")) | {"name": "Partner domains"},
        rule("quiet", "refuse", shadow=True),
    )
    keep(request_, version, evaluate(readable(version), facts(make_applicant())))
    page = page_of(annas, request_)
    sentence = "Approved automatically: rule “Partner domains” matched (email domain is fabrikam.example)."
    assert sentence in page
    assert re.search(r"With the form · version 1 · <time", page)
    assert "As a shadow it decided nothing; it would: refuse." in page
    assert [each.sentence for each in evaluations_of(request_)] == [sentence]
    assert [row.matched for row in evaluations_of(request_)[0].rows] == ["false", "true", "true"]


def test_the_newest_comes_first_and_each_is_folded(annas: Client, request_, published) -> None:
    version = published(rule("all", "review"))
    first = keep(request_, version, evaluate(readable(version), facts()))
    second = keep(request_, version, evaluate(readable(version), facts()), step="later", outcome="approve")
    assert [each.at for each in evaluations_of(request_)] == [second.at, first.at]
    assert page_of(annas, request_).count('<details class="evaluation">') == 2


def test_a_request_that_no_policy_saw_says_nothing(annas: Client, request_) -> None:
    page = page_of(annas, request_)
    assert "What the policy said" not in page
    assert "Identity verification" not in page


@pytest.mark.parametrize(
    "trail", [None, 5, "x", [], [7, {"id": 3}, {"fault": "broken"}], [{"id": "a", "conditions": 4}]]
)
def test_whatever_is_stored_is_shown(annas: Client, request_, published, trail: Any) -> None:
    version = published(rule("all", "review"))
    keep(request_, version, Verdict("review"), trail=trail if trail is not None else {})  # type: ignore[arg-type]
    assert "Sent to a person" in page_of(annas, request_)


def test_a_request_says_what_the_verification_said(annas: Client, request_) -> None:
    Verification.objects.create(
        flow=request_.flow,
        request=request_,
        applicant_key=request_.applicant_key,
        inputs="1",
        vendor="idology",
        outcome="refer",
        vendor_reference="17<b>",
        reasons=["resultcode.address\u202e", 5],
    )
    page = page_of(annas, request_)
    assert "The service asks for a person&#x27;s judgement" in page
    assert "<code>17&lt;b&gt;</code>" in page
    assert "<code>resultcode.address" in page
    assert "\u202e" not in page
    (verified,) = verifications_of(request_)
    assert (verified.outcome, verified.vendor, verified.codes) == (
        "refer",
        "idology",
        ("resultcode.address\u202e", "5"),
    )


@pytest.mark.parametrize(
    ("email", "status", "heading"),
    [
        ("eva@fabrikam.com", "Approved", "Approved automatically"),
        ("eva@mallory.example", "Denied", "Refused automatically"),
    ],
)
def test_a_request_says_that_the_policy_decided(
    annas: Client, flow: UserFlow, published, as_entra, email: str, status: str, heading: str
) -> None:
    published(rule("partners", "approve", domain("fabrikam.com")), rule("bad", "refuse", domain("mallory.example")))
    as_entra(flow).submit({"email": email})
    page = page_of(annas, SignUpRequest.objects.get())
    assert re.search(rf"<h2>{status}</h2>\s*<p>By the sign-up policy, <time", page)
    assert re.search(rf"<strong>{heading}</strong>.*?Rule “(Partners|Bad)”", page, re.DOTALL)
    assert f"{heading}: rule “" in page


def test_the_timeline_says_what_the_verification_said(annas: Client, request_) -> None:
    audit.record(Action.VERIFIED, request=request_, vendor="idology", outcome="failed", reference="", reasons=[])
    audit.record(Action.VERIFIED, request=request_, outcome=["odd"])
    page = page_of(annas, request_)
    assert page.count("<strong>Identity not verified</strong>") == 1
    assert page.count("<strong>Identity verification</strong>") == 1


def test_whoever_the_policy_let_in_did_not_sign_up_again(annas: Client, flow, published, as_entra) -> None:
    published(rule("partners", "approve", domain("fabrikam.onmicrosoft.com")))
    assert as_entra(flow).submit()["action"] == "Continue"
    page = page_of(annas, SignUpRequest.objects.get())
    assert "Applicant went on, and Entra made the account" in page
    assert "signs up again" not in page
    assert "By the sign-up policy" in page
