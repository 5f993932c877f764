"""*Try it*: every outcome at both steps, rule by rule, with the very answer that Entra would get; and nothing is kept."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from approvals.models import AuditEvent, OutboxEntry, PolicyEvaluation, SignUpRequest, UserFlow
from tests.policy.making import EXTENSION, claim, domain, rule
from tests.policy_pages.conftest import at

REFUSE = rule(
    "blocked",
    {"refuse": {"text": {"en": "Not you.", "de": "Sie nicht."}}},
    domain("mallory.example"),
    steps=["check_status", "submit"],
)
CORRECT = rule(
    "title",
    {"correct": {"attribute": "jobTitle", "text": "Longer, please."}},
    claim("jobTitle", "length", min=5, **{"not": True}),
    domain("short.example"),
)
APPROVE = rule("partners", "approve", domain("fabrikam.com"))
SET_FIRST = rule(
    "prefill", {"set": {"claim": "city", "value": "Lisbon"}}, domain("fabrikam.com"), steps=["check_status"]
)
SET = rule("country", {"set": {"claim": "country", "value": "US"}}, domain("fabrikam.com", "waits.example"))
REVIEW = rule("look", {"review": {"reason": "New partner."}}, domain("waits.example"))
RECORDED = (
    "Thank you. Your request was received and is waiting for approval. We will email you the decision. "
    "Your reference is K7Q-4MD9. Questions? access@contoso.example"
)


@pytest.fixture(autouse=True)
def policy(published) -> None:
    """Rules for every outcome but verify."""
    published(REFUSE, CORRECT, APPROVE, SET_FIRST, SET, REVIEW)


def tried(browser: Client, **fields: Any) -> tuple[str, list[tuple[int, Any]]]:
    """The page, and each answer that it shows: its HTTP status and its JSON."""
    response = browser.post(at("policy-try"), {"step": "submit", **fields})
    page = response.content.decode()
    assert response.status_code == 200, page
    answers = re.findall(r"Entra gets HTTP (\d+) and</p><pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    return page, [(int(status), json.loads(html.unescape(body))) for status, body in answers]


def block(message: str) -> tuple[int, dict[str, Any]]:
    return 200, {"version": "1.0.0", "action": "ShowBlockPage", "userMessage": message}


def go_on(**claims: Any) -> tuple[int, dict[str, Any]]:
    return 200, {"version": "1.0.0", "action": "Continue", **claims}


def correct(message: str) -> tuple[int, dict[str, Any]]:
    return 400, {"version": "1.0.0", "status": 400, "action": "ValidationError", "userMessage": message}


OUTCOMES = [
    ("submit", "eva@mallory.example", "Refused automatically: rule “Blocked” matched", block("Not you.")),
    ("check_status", "eva@mallory.example", "Refused automatically: rule “Blocked” matched", block("Not you.")),
    ("submit", "eva@short.example", "Sent back to correct: rule “Title” matched", correct("Longer, please.")),
    ("check_status", "eva@short.example", "May go on to the form: no rule refused", go_on()),
    ("submit", "eva@fabrikam.com", "Approved automatically: rule “Partners” matched", go_on(country="US")),
    ("check_status", "eva@fabrikam.com", "May go on to the form: no rule refused", go_on(city="Lisbon")),
    ("submit", "eva@waits.example", "Sent to a person: rule “Look” matched", block(RECORDED)),
    ("check_status", "eva@waits.example", "May go on to the form: no rule refused", go_on()),
    ("submit", "eva@else.example", "Sent to a person: no rule decided", block(RECORDED)),
    ("check_status", "eva@else.example", "May go on to the form: no rule refused", go_on()),
]


@pytest.mark.parametrize(("step", "email", "sentence", "answer"), OUTCOMES, ids=[f"{s} {e}" for s, e, *_ in OUTCOMES])
def test_it_shows_the_outcome_and_the_very_answer(
    annas: Client, step: str, email: str, sentence: str, answer: tuple[int, Any]
) -> None:
    page, answers = tried(annas, step=step, email=email)
    assert sentence in page
    assert answers == [answer]


def test_it_goes_through_the_rules_one_by_one(annas: Client) -> None:
    page, _answers = tried(annas, email="eva@fabrikam.com")
    trail = re.search(r'<ol class="trail">(.*?)</ol>', page, re.DOTALL)
    assert trail
    rows = re.findall(
        r'<li class="(\w+)(?: decided)?">\s*<span class="dot">.*?<strong>(.*?)</strong>', trail[1], re.DOTALL
    )
    assert rows == [
        ("false", "Blocked"),
        ("false", "Title"),
        ("true", "Partners"),
        ("true", "Country"),
        ("false", "Look"),
    ]
    assert re.search(r"✗</span> <span>The email domain is mallory.example<", page)
    assert re.search(r"✓</span> <span>Email domain is fabrikam.com<", page)


def test_it_says_when_a_condition_cannot_be_decided(annas: Client, flow: UserFlow, admin, published) -> None:
    from approvals.models import DomainList
    from approvals.policy.lists import save_list

    save_list("gone", "Gone", ["x.example"], base_version=0, actor=admin)
    published(rule("a", "approve", {"subject": "email_domain", "test": "in_list", "list": "gone"}))
    DomainList.objects.all().delete()
    page, answers = tried(annas, email="eva@x.example")
    assert "could not be evaluated (there is no such list of domains)" in page
    assert '<span class="tell" aria-hidden="true">?</span>' in page
    assert answers == [block(RECORDED)]


def test_it_asks_the_verification_for_each_of_its_outcomes(annas: Client, published) -> None:
    passed = {"subject": "verification", "test": "one_of", "values": ["passed"]}
    failed = {"subject": "verification", "test": "one_of", "values": ["failed"]}
    published(rule("id", "verify"), rule("fine", "approve", passed), rule("bad", {"refuse": {"text": "No."}}, failed))
    page, answers = tried(annas, email="eva@x.example")
    assert "To be verified: rule “Id” matched" in page
    assert "If the verification says “passed”" in page
    assert answers == [go_on(), block("No."), block(RECORDED), block(RECORDED)]
    page, answers = tried(annas, email="eva@x.example", verification="passed")
    assert "Approved automatically: rule “Fine” matched" in page
    assert answers == [go_on()]


def test_it_takes_the_json_that_entra_would_send(annas: Client) -> None:
    sent = {
        "email": "eva@mallory.example",
        "lastName": "Noor",
        "ui_locales": "de-AT de",
        "identities": [{"signInType": "federated", "issuer": "google.com", "issuerAssignedId": "1"}],
    }
    page, answers = tried(annas, step="check_status", received=json.dumps(sent), email="ignored@fabrikam.com")
    assert answers == [block("Sie nicht.")]
    shown = re.search(r"What Entra would send</summary><pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    assert shown
    assert json.loads(html.unescape(shown[1])) == sent


@pytest.mark.parametrize(("step", "surname"), [("submit", "surname"), ("check_status", "lastName")])
def test_it_shows_what_entra_would_send_for_the_fields(annas: Client, step: str, surname: str) -> None:
    lines = f'country = France\n{EXTENSION} = 7\nextension_{"a" * 32}_Ok = true\nextension_{"a" * 32}_No = "7"'
    page, _answers = tried(
        annas,
        step=step,
        email="eva@x.example",
        provider="mail",
        surname="Noor",
        jobTitle="",
        ui_locales="de-AT",
        claims=lines,
    )
    shown = re.search(r"What Entra would send</summary><pre[^>]*>(.*?)</pre>", page, re.DOTALL)
    assert shown
    assert json.loads(html.unescape(shown[1])) == {
        "email": "eva@x.example",
        "identities": [{"signInType": "federated", "issuer": "mail", "issuerAssignedId": "eva@x.example"}],
        surname: "Noor",
        "ui_locales": "de-AT",
        "country": "France",
        EXTENSION: 7,
        f"extension_{'a' * 32}_Ok": True,
        f"extension_{'a' * 32}_No": "7",
    }


@pytest.mark.parametrize(
    ("fields", "condition"),
    [
        ({"provider": "google.com"}, {"subject": "issuer", "test": "one_of", "values": ["google"]}),
        ({"provider": ""}, {"subject": "issuer", "test": "one_of", "values": ["microsoft"]}),
        ({"jobTitle": "Buyer"}, claim("jobTitle", "equals", value="Buyer")),
        ({"claims": "city=Porto"}, claim("city", "present")),
        ({"ui_locales": "en-GB"}, {"subject": "language", "test": "one_of", "values": ["en-gb"]}),
        ({"earlier": "denied.this"}, {"subject": "earlier", "test": "denied"}),
        ({"earlier": "approved.other"}, {"subject": "earlier", "test": "approved", "where": "other_flow"}),
        ({"earlier": "denied.this", "days_ago": "9"}, {"subject": "earlier", "test": "denied", "within_days": 10}),
        ({"hints": "disposable"}, {"subject": "hint", "test": "one_of", "values": ["disposable"]}),
        ({"verification": "refer"}, {"subject": "verification", "test": "one_of", "values": ["refer"]}),
    ],
)
def test_what_is_filled_in_is_what_the_rules_look_at(
    annas: Client, published, fields: dict[str, str], condition: dict[str, Any]
) -> None:
    published(rule("only", "approve", condition))
    assert tried(annas, email="eva@x.example", **fields)[1] == [go_on()]
    published(rule("only", "approve", {**condition, "not": True}))
    assert tried(annas, email="eva@x.example", **fields)[1] == [block(RECORDED)]


def test_a_version_that_is_not_in_force_can_be_tried(annas: Client, published) -> None:
    published(rule("nobody", {"refuse": {"text": "Closed."}}))
    assert tried(annas, email="eva@fabrikam.com")[1] == [block("Closed.")]
    assert tried(annas, email="eva@fabrikam.com", version="1")[1] == [go_on(country="US")]
    assert re.search(r'<option value="1" selected', annas.get(at("policy-try") + "?version=1").content.decode())


def test_what_the_connector_asks_to_correct_comes_before_the_rules(annas: Client) -> None:
    page, answers = tried(annas, email="eva@fabrikam.com", jobTitle="x" * 129)
    assert "before any rule is asked" in page
    assert answers == [correct("Job title: please use at most 128 characters.")]
    assert tried(annas, step="check_status", email="eva@fabrikam.com", jobTitle="x" * 129)[1] == [go_on(city="Lisbon")]


@pytest.mark.parametrize(
    ("sent", "code"), [({}, "no_email"), ({"email": "x@y.example", "identities": 5}, "bad_identities")]
)
def test_claims_that_cannot_be_used_get_the_answer_that_they_would(annas: Client, sent: Any, code: str) -> None:
    page, answers = tried(annas, received=json.dumps(sent))
    assert f"These claims cannot be used ({code})" in page
    ((status, answer),) = answers
    assert (status, answer["action"]) == (200, "ShowBlockPage")
    assert code in answer["userMessage"]


def test_without_a_policy_everybody_waits(admins: Client) -> None:
    from tests.factories import make_flow

    make_flow("suppliers", contact="")
    page = admins.post("/policy/suppliers/try/", {"step": "submit", "email": "eva@x.example"}).content.decode()
    assert "Sent to a person: no rule decided" in page


def test_nothing_is_kept(annas: Client) -> None:
    before = AuditEvent.objects.count()
    tried(annas, email="eva@fabrikam.com")
    kept = [model.objects.count() for model in (PolicyEvaluation, SignUpRequest, OutboxEntry)]
    assert kept == [0, 0, 0]
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({}, "email"),
        ({"received": "{"}, "received"),
        ({"received": "[]"}, "received"),
        ({"received": "[" * 30_000}, "received"),
        ({"email": "x@y.example", "claims": "no equals sign"}, "claims"),
        ({"email": "x\0@y.example"}, "email"),
        ({"email": "x@y.example", "step": "later"}, "step"),
        ({"email": "x@y.example", "version": "99"}, "version"),
        ({"email": "x@y.example", "days_ago": "99999999999"}, "days_ago"),
        ({"email": "x@y.example", "earlier": "x"}, "earlier"),
        ({"email": "x@y.example", "hints": "x"}, "hints"),
        ({"email": "x@y.example", "verification": "x"}, "verification"),
        ({"email": "x@y.example", "provider": "x"}, "provider"),
    ],
)
def test_what_cannot_be_tried_comes_back_with_the_reason(annas: Client, fields: dict[str, str], where: str) -> None:
    response = annas.post(at("policy-try"), {"step": "submit", **fields})
    assert response.status_code == 400
    assert f'id="id_{where}_error"' in response.content.decode()


HOSTILE = [
    {"received": json.dumps({"email": "x@y.example", "displayName": "\ud800\0<script>"})},
    {"received": json.dumps({"email": "x@y.example", "a": "x" * 500_000})},
    {"received": '{"email": "x@y.example", "a": ' + "[" * 400 + "]" * 400 + "}"},
    {"received": '{"email": "x@y.example", "n": 1e999, "m": NaN, "k": ' + "9" * 4000 + "}"},
    {"email": "x@" + "y" * 5000},
    {"email": "x@y.example", "claims": "a = " + "9" * 5000},
    {"email": "x@y.example", "claims": "\n".join(f"c{number} = {number}" for number in range(5000))},
]


@pytest.mark.parametrize("fields", HOSTILE)
def test_whatever_is_pasted_is_answered(annas: Client, fields: dict[str, str]) -> None:
    response = annas.post(at("policy-try"), {"step": "submit", **fields})
    assert response.status_code in (200, 400)
    assert "<script>" not in response.content.decode().replace("<script src", "")


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(_json, st.sampled_from(["submit", "check_status"]))
def test_any_json_is_answered(annas: Client, policy: None, body: Any, step: str) -> None:
    sent = {"email": "eva@x.example", **body} if isinstance(body, dict) else body
    response = annas.post(at("policy-try"), {"step": step, "received": json.dumps(sent)})
    assert response.status_code in (200, 400)
