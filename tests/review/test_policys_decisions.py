"""What the sign-up policy decided, and what a verification found, as reviewers, programs and commands are told it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from accounts.models import User
from approvals import audit, outbox
from approvals.models import Action, AuditEvent, SignUpRequest, UserFlow
from approvals.policy.engine import DecidingRule, Outcome, Step, Verdict
from approvals.policy.lists import save_list
from approvals.policy.versions import publish
from approvals.review.timeline import Entry, entries_of
from approvals.workflow.judged import Judgement, decide_later, record
from connector.verification.setting_up import configure, switch_off
from tests.api.calling import Caller, body
from tests.commands.running import run_json
from tests.factories import make_applicant, make_request
from tests.policy.making import document, rule
from tests.review.conftest import signed_in

NAMES = {"approve": "Partner domains", "refuse": "Outsiders"}


def decided(flow: UserFlow, then: str, email: str = "john.smith@fabrikam.example") -> SignUpRequest:
    """A request that the policy approved or refused at once, because of a rule."""
    version = publish(flow, document(rule("it", then)), base=0, actor=None)
    verdict = Verdict(Outcome(then), DecidingRule("it", NAMES[then]))
    return record(flow, make_applicant(email), Judgement(verdict, version.pk, Step.SUBMIT, None)).request


def told(action: str, request: SignUpRequest | None = None, flow: UserFlow | None = None, **data: Any) -> Entry:
    """An event as a person reads it."""
    (entry,) = entries_of([audit.record(Action(action), request=request, flow=flow, **data)])
    return entry


def page(browser: Client, name: str, *args: str, **query: str) -> str:
    """A page of the review pages, as text between its tags."""
    response = browser.get(reverse(f"review:{name}", args=args), query)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", str(response.content, "utf-8")))


# --- Decisions -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "what", "tone", "icon"),
    [("approve", "Approved automatically", "good", "check"), ("refuse", "Refused automatically", "bad", "cross")],
)
def test_its_decision_is_told_with_the_rule(then: str, what: str, tone: str, icon: str, flow: UserFlow) -> None:
    entry = entries_of(AuditEvent.objects.filter(request=decided(flow, then)))[-1]
    assert (entry.what, entry.who, entry.tone, entry.icon) == (what, "Sign-up policy", tone, icon)
    assert entry.detail == f"Rule “{NAMES[then]}”"


@pytest.mark.parametrize(("code", "detail"), [("verification_failed", "The identity verification failed"), ("?", "")])
def test_a_refusal_without_a_rule_says_why(code: str, detail: str, flow: UserFlow) -> None:
    assert told("request.refused_by_policy", make_request(flow), cause=code).detail == detail


def test_pages_say_that_the_policy_decided(annas: Client, flow: UserFlow) -> None:
    request = decided(flow, "approve")
    shown = page(annas, "request", request.reference)
    assert "By the sign-up policy, " in shown
    assert "Sign-up policy · " in shown
    assert "By the policy" in page(annas, "queue", tab="decided")
    assert "was approved by the sign-up policy." in page(annas, "queue")
    assert "Approved automatically" in page(annas, "history", kind="decisions")


def test_it_stands_where_a_persons_name_would_beside_the_same_persons_requests(annas: Client, flow: UserFlow) -> None:
    decided(flow, "refuse")
    again = make_request(flow)
    assert re.search(r"Denied\s+Sign-up policy ·", page(annas, "request", again.reference))


def test_a_persons_decision_is_not_the_policys(annas: Client, anna: User, flow: UserFlow) -> None:
    request = make_request(flow, status="approved", by=anna)
    shown = page(annas, "request", request.reference) + page(annas, "queue", tab="decided")
    assert "By Anna Berg" in shown
    assert "sign-up policy" not in shown.lower()


def test_who_comes_after_the_policy_is_told_so_and_keeps_what_was_typed(annas: Client, flow: UserFlow) -> None:
    request = make_request(flow)
    seen = request.version
    version = publish(flow, document(rule("it", "approve")), base=0, actor=None)
    assert decide_later(request.pk, Judgement(Verdict(Outcome.APPROVE), version.pk, Step.LATER, request))
    form = {"version": seen, "reason": "No contract.", "tell_applicant": "on"}
    response = annas.post(reverse("review:deny", args=[request.reference]), form)
    assert response.status_code == 409
    shown = response.content.decode()
    assert "The sign-up policy approved this" in shown
    assert "No contract." in shown


def test_programs_and_commands_are_told(flow: UserFlow, anna: User) -> None:
    request = decided(flow, "approve")
    by_anna = make_request(flow, email="other@fabrikam.example", status="denied", by=anna)
    api = Caller.as_user(anna)
    expected = {request.reference: (True, None), by_anna.reference: (False, "anna")}
    for items in (api.listed("requests/"), run_json("requests")):
        assert {each["reference"]: (each["decided_by_policy"], each["decided_by"]) for each in items} == expected
    assert body(api.get(f"requests/{request.reference}/"))["timeline"][-1]["action"] == "request.approved_by_policy"


@pytest.mark.parametrize("then", ["approve", "refuse"])
def test_nobody_gets_mail_about_what_was_decided_at_once(then: str, flow: UserFlow, anna: User) -> None:
    decided(flow, then)
    outbox.drain()
    assert mail.outbox == []


# --- Verifications -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "what", "tone"),
    [
        ("passed", "Identity verified", "good"),
        ("failed", "Identity not verified", "bad"),
        ("refer", "Identity verification leaves it to a person", "turn"),
        ("unavailable", "Identity verification could not say", "turn"),
        ("of.another.version", "Identity verification", ""),
    ],
)
def test_a_verification_is_told_in_words(outcome: str, what: str, tone: str, flow: UserFlow) -> None:
    facts: dict[str, Any] = {"vendor": "idology", "reference": "2073386242", "reasons": ["id.success", "result.match"]}
    entry = told("request.verified", make_request(flow), outcome=outcome, **facts)
    assert (entry.what, entry.tone, entry.icon, entry.who) == (what, tone, "shield", "Foyer")
    assert entry.detail == "Service idology · Its reference 2073386242 · Codes: id.success, result.match"


def test_changed_answers_say_that_the_verification_was_of_others(flow: UserFlow) -> None:
    request = make_request(flow)
    assert told("request.answers_changed", request, after_verification=True).detail == (
        "What was verified are the earlier answers."
    )
    assert told("request.answers_changed", request).detail == ""


# --- Settings ------------------------------------------------------------------------------------------------


def test_a_new_version_says_what_changed_and_why(flow: UserFlow, admin: User) -> None:
    publish(flow, document(rule("a", "approve"), rule("b", "review")), base=0, actor=admin)
    rules = document(rule("c", "review"), rule("a", "refuse"))
    publish(flow, rules, base=1, actor=admin, comment="New partner.")
    entry = entries_of(AuditEvent.objects.filter(action="policy.changed"))[-1]
    assert (entry.what, entry.who, entry.note) == ("Sign-up policy changed", "admin", "")
    assert entry.detail == "Version 2 · New partner. · added: c; changed: a; removed: b"


def test_a_changed_list_says_what_changed(admin: User) -> None:
    save_list("l", "L", [f"d{number}.example" for number in range(7)], base_version=0, actor=admin)
    save_list("l", "L", ["d1.example", "new.example"], base_version=1, actor=admin)
    entries = entries_of(AuditEvent.objects.filter(action="policy.list_changed"))
    assert entries[0].detail == (
        "List l · Version 1 · added: d0.example, d1.example, d2.example, d3.example, d4.example, …"
    )
    assert "added: new.example; removed: d0.example, d2.example, " in entries[1].detail


def test_a_service_that_was_set_up_and_switched_off_says_so(flow: UserFlow, admin: User) -> None:
    settings = {"url": "http://127.0.0.1:9/", "username": "contoso", "password": "secret-word"}
    configure(flow, "idology", settings, actor=admin)
    switch_off(flow, actor=admin)
    entries = entries_of(AuditEvent.objects.filter(action="verification.changed"))
    assert [entry.what for entry in entries] == ["Identity verification set up"] * 2
    assert entries[0].detail.startswith("Service idology · changed: password, ")
    assert entries[1].detail == "Service idology · switched off, its settings forgotten"
    assert "secret-word" not in str(entries)


def test_the_history_has_them_among_what_administrators_do(flow: UserFlow, admin: User) -> None:
    publish(flow, document(rule("a", "approve")), base=0, actor=admin, comment="<b>Why</b>")
    save_list("l", "L", ["d.example"], base_version=0, actor=admin)
    shown = signed_in(admin).get(reverse("review:history"), {"kind": "administration"}).content.decode()
    assert shown.count("Sign-up policy changed") == shown.count("List of domains changed") == 1
    assert escape("<b>Why</b>") in shown
