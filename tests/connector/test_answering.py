"""Trying a policy gives the answers of the endpoints, and records nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from approvals.models import PolicyEvaluation, SignUpRequest, UserFlow
from approvals.policy.document import parse
from approvals.policy.engine import Facts, Outcome, Step, Verdict, evaluate
from approvals.policy.rules import Policy
from approvals.policy.trial import read_claims, tried
from connector.answering import REFERENCE
from connector.models import VerificationService
from tests.connector.conftest import CLAIMS, Entra
from tests.connector.test_policy import APPROVE, BOTH, FABRIKAM, in_force_now, rule

CORRECT = {"correct": {"attribute": "jobTitle", "text": {"en": "Another title, please. {contact}", "de": "Bitte."}}}
REFUSE = {"refuse": {"text": {"en": "Not you. {contact} {reference}", "de": "Sie nicht."}}}
POLICIES = {
    "refuse": [rule("a", REFUSE, FABRIKAM, steps=BOTH)],
    "correct": [rule("a", CORRECT), rule("b", {"correct": {"attribute": "city", "text": "And the city."}})],
    "approve": [rule("a", APPROVE), rule("b", {"set": {"claim": "country", "value": "US"}})],
    "review": [rule("a", {"review": {"reason": "Look."}})],
    "prefill": [rule("a", {"set": {"claim": "city", "value": "Lisbon"}}, steps=BOTH)],
    "verify": [rule("a", {"verify": {}})],
    "nothing": [],
}


def wire(entra: Entra, step: Step, body: Any) -> tuple[int, Any]:
    """What the endpoint answers, with the reference of whatever it recorded."""
    response = entra.call(step.value.replace("_", "-"), body)
    text = response.content.decode()
    for request in SignUpRequest.objects.all():
        text = text.replace(request.reference, REFERENCE)
    return response.status_code, json.loads(text)


def trial(flow: UserFlow, rules: list[dict[str, Any]], step: Step, body: Any, language: str = "en") -> tuple[int, Any]:
    """What trying it gives."""
    read, policy = read_claims(flow, body, step), parse({"policy": 1, "rules": rules})
    if read.answer:
        return read.answer.status, read.answer.body
    assert read.applicant
    verdict = evaluate(policy, Facts(read.applicant, step))
    said = tried(flow, policy, verdict, language, step=step)
    verified = "" if said.answer else "unavailable"
    if not said.answer:
        verdict = evaluate(policy, Facts(read.applicant, step, verification=verified))
        said = tried(flow, policy, verdict, language, step=step, verified=verified)
    assert said.answer
    return said.answer.status, said.answer.body


@pytest.mark.parametrize("language", ["en", "de", "pt"])
@pytest.mark.parametrize("step", [Step.CHECK_STATUS, Step.SUBMIT])
@pytest.mark.parametrize("name", POLICIES)
def test_it_gives_the_answer_of_the_endpoint(
    flow: UserFlow, entra: Entra, name: str, step: Step, language: str
) -> None:
    in_force_now(flow, *POLICIES[name])
    body = {**CLAIMS, "ui_locales": language}
    before = trial(flow, POLICIES[name], step, body, language)
    assert SignUpRequest.objects.count() == PolicyEvaluation.objects.count() == 0
    assert wire(entra, step, body) == before


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": 5},
        {**CLAIMS, "identities": "x"},
        {**CLAIMS, "city": "x" * 129},
        {**CLAIMS, "city": "x" * 129, "state": "a\x07b", "ui_locales": "de"},
        {"email": "x", "ui_locales": "de"},
    ],
)
@pytest.mark.parametrize("step", [Step.CHECK_STATUS, Step.SUBMIT])
def test_it_reads_what_the_endpoint_reads(flow: UserFlow, entra: Entra, body: dict[str, Any], step: Step) -> None:
    rules = [rule("all", APPROVE)]
    in_force_now(flow, *rules)
    assert trial(flow, rules, step, body) == wire(entra, step, body)


def verified(flow: UserFlow, outcome: str, *rules: dict[str, Any]) -> tuple[Outcome, Any]:
    """What follows from a verification for somebody whom these rules speak of."""
    policy = parse({"policy": 1, "rules": list(rules)})
    read = read_claims(flow, CLAIMS, Step.SUBMIT)
    assert read.applicant
    verdict = evaluate(policy, Facts(read.applicant, "submit", verification=outcome))
    said = tried(flow, policy, verdict, "en", step=Step.SUBMIT, verified=outcome)
    return said.verdict.outcome, said.answer


def service(flow: UserFlow, on_failed: str, mode: str = "during") -> None:
    """The flow's verification service, as far as its answers matter here."""
    VerificationService.objects.create(flow=flow, kind="idology", on_failed=on_failed, mode=mode, sealed="")


PASSED = {"subject": "verification", "test": "one_of", "values": ["passed"]}
FAILED = {"subject": "verification", "test": "one_of", "values": ["failed"]}
VERIFY, ALL = rule("ask", {"verify": {}}), rule("all", APPROVE)


@pytest.mark.parametrize(
    ("on_failed", "outcome", "action"),
    [
        ("refuse", "refuse", "ShowBlockPage"),
        ("correct", "correct", "ValidationError"),
        ("review", "review", "ShowBlockPage"),
    ],
)
def test_a_failed_verification_leads_to_what_is_set_for_it(
    flow: UserFlow, on_failed: str, outcome: str, action: str
) -> None:
    service(flow, on_failed)
    found, answer = verified(flow, "failed", VERIFY, ALL)
    assert (found, answer.body["action"]) == (outcome, action)


@pytest.mark.parametrize("outcome", ["failed", "refer", "unavailable"])
def test_nobody_who_did_not_pass_is_approved_by_a_rule_for_everybody(flow: UserFlow, outcome: str) -> None:
    found, answer = verified(flow, outcome, VERIFY, ALL)
    assert (found, answer.body["action"]) == (Outcome.REVIEW, "ShowBlockPage")


def test_rules_that_speak_of_the_verification_come_first(flow: UserFlow) -> None:
    service(flow, "refuse")
    assert verified(flow, "passed", VERIFY, rule("in", APPROVE, PASSED))[0] is Outcome.APPROVE
    assert verified(flow, "failed", VERIFY, rule("in", APPROVE, FAILED))[0] is Outcome.APPROVE


def test_there_is_no_answer_before_the_service_was_asked(flow: UserFlow) -> None:
    said = tried(flow, Policy(), Verdict(Outcome.VERIFY), "en", step=Step.SUBMIT)
    assert (said.verdict.outcome, said.answer) == (Outcome.VERIFY, None)


def test_who_is_verified_later_waits_at_once(flow: UserFlow) -> None:
    service(flow, "review", mode="later")
    said = tried(flow, Policy(), Verdict(Outcome.VERIFY), "en", step=Step.SUBMIT)
    assert said.answer
    assert REFERENCE in said.answer.body["userMessage"]
