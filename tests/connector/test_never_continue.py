"""Whatever the rules, the claims and the faults: nobody may go on whom no approving rule matched.

Over HTTP, with a service that answers on this machine; what Entra is told is compared with what is kept.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from approvals.hints import partners
from approvals.models import DomainList, PolicyEvaluation, PolicyVersion, SignUpRequest, UserFlow
from approvals.policy import in_force
from approvals.policy.attributes import ATTRIBUTES
from connector import judging
from connector.verification.circuit import circuit
from connector.verification.setting_up import configure
from tests.connector.conftest import GOOGLE, Entra
from tests.policy.making import EXTENSION, document, documents, domain_names, rule
from tests.verification.service import Service
from tests.verification.test_asking import ERROR, FAIL, PARTIAL, PASS

EXAMPLES = 250
CALLS = 3
BROKEN: list[Any] = [{"policy": 99, "rules": []}, {"policy": 1, "rules": [{"id": 7}]}, [], {}]
# What the database says no to, by a word of the query.
TABLES = {"earlier": "UNION", "hints": "approvals_maildomain"}
ANSWERS = [*[PASS] * 8, *[FAIL] * 4, PARTIAL, PARTIAL, ERROR, "<html>", "", PASS[:40], "hangs"]

seen: Counter[str] = Counter()

# --- What may come -------------------------------------------------------------------------------------------

_values = st.one_of(
    st.text("aé -x1", max_size=12), st.booleans(), st.integers(-5, 300), st.none(), st.lists(st.integers(), max_size=1)
)
_claims = st.builds(
    lambda domain, identities, claims: {"email": f"x@{domain}", **claims, **identities},
    domain_names,
    st.sampled_from([{}, {"identities": [GOOGLE]}]),
    st.dictionaries(st.sampled_from([*ATTRIBUTES, EXTENSION, "ui_locales"]), _values, max_size=6),
)
_verifiable = {"givenName": "John", "surname": "Smith", "streetAddress": "1 Main Street", "postalCode": "30303"}
_first, _last = rule("first", "verify"), rule("last", "approve")
# Few are these; of some it cannot be said when a list is gone or the database is away.
SOME: list[dict[str, Any]] = [
    {"subject": "email_domain", "test": "in_list", "list": "partners"},
    {"subject": "email_domain", "test": "in_list", "list": "missing"},
    {"subject": "earlier", "test": "denied", "where": "any_flow"},
    {"subject": "hint", "test": "one_of", "values": ["look_alike", "disposable"]},
    {"subject": "verification", "test": "one_of", "values": ["failed", "unavailable"]},
]


@st.composite
def _documents(draw: st.DrawFn) -> Any:
    """Any policy, often with an approval behind everything, and before it a verification or a refusal of a few.

    Many of its rules have few conditions, so that they match. Now and then it is none that can be read.
    """
    if draw(st.integers(0, 11)) == 0:
        return draw(st.sampled_from(BROKEN))
    rules = draw(documents())["rules"] if draw(st.integers(0, 3)) else []
    few = [{**each, "when": each["when"][: draw(st.integers(0, 3))], "enabled": True} for each in rules]
    first = [_first] if draw(st.booleans()) else []
    refused = [_refusal(draw(st.sampled_from(SOME)))] if draw(st.booleans()) else []
    last = draw(st.sampled_from([[], [_last], [_last], [{**_last, "shadow": True}], [{**_last, "enabled": False}]]))
    return document(*first, *refused, *few, *last)


def _refusal(condition: dict[str, Any]) -> dict[str, Any]:
    return rule("some", "refuse", condition)


@dataclass(frozen=True)
class Call:
    """One call, and what is wrong in the meantime."""

    step: str
    policy: Any
    claims: dict[str, Any]
    with_list: bool
    answer: str
    away: tuple[str, ...]
    seconds: float


_calls = st.builds(
    Call,
    step=st.sampled_from(["submit", "submit", "submit", "check-status"]),
    policy=st.one_of(st.none(), _documents()),
    claims=st.one_of(st.just({}), st.dictionaries(st.sampled_from([*ATTRIBUTES]), _values, max_size=2)),
    with_list=st.booleans(),
    answer=st.sampled_from(ANSWERS),
    away=st.sampled_from([(), (), ("earlier",), ("hints",), tuple(TABLES)]),
    seconds=st.sampled_from([5, 5, 5, 5, 0.0005, 0.0]),
)


# What chance alone would bring about too seldom: a pass, and a failure that may be corrected.
_verified_first = document(_first, _last)
_passes, _fails = (Call("submit", None, {}, with_list=True, answer=told, away=(), seconds=5) for told in (PASS, FAIL))
_john = {"email": "x@fabrikam.com"}


# --- What follows --------------------------------------------------------------------------------------------


@contextmanager
def forgotten() -> Iterator[None]:
    """Let whatever happens inside be as if it had not been."""
    before = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(before)
        for each in (in_force, partners, circuit):
            each.forget()


@contextmanager
def away(*words: str) -> Iterator[None]:
    """The database has no answer to queries with one of these words."""

    def refuse(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.lstrip("(").startswith("SELECT") and any(word in sql for word in words):
            raise OperationalError("away")
        return execute(sql, *arguments)

    with connection.execute_wrapper(refuse):
        yield


def make_ready(flow: UserFlow, call: Call, service: Service) -> None:
    """The policy, its list and the service as they are for this call."""
    if call.policy is not None:
        number = flow.policy_versions.count() + 1
        PolicyVersion.objects.create(flow=flow, number=number, document=call.policy)
    DomainList.objects.all().delete()
    if call.with_list:
        DomainList.objects.create(slug="partners", name="Partners", domains=["fabrikam.com", ".example"])
    in_force.forget()
    service.hangs() if call.answer == "hangs" else service.answers(call.answer)


def check(flow: UserFlow, step: str, response: Any) -> None:
    """What Entra was told agrees with what is kept, and is no approval without a rule."""
    told = json.loads(response.content)
    request = SignUpRequest.objects.order_by("submitted_at", "id").last()
    seen[f"{step}: {told['action']}"] += 1
    if told["action"] == "ValidationError":
        assert (step, response.status_code) == ("submit", 400)
    elif told["action"] == "Continue" and step == "submit":
        assert request is not None
        check_approval(flow, request, told)
    elif told["action"] == "ShowBlockPage" and "try again" not in told["userMessage"]:
        assert request is not None
        assert request.status in ("pending", "denied")
        assert (request.status == "denied") == (request.evaluations.latest("at").outcome == "refuse")


def check_approval(flow: UserFlow, request: SignUpRequest, told: dict[str, Any]) -> None:
    """The newest request was approved, because of a rule that approves, and nothing stood in the way."""
    evaluation = request.evaluations.get()
    assert (request.status, request.decided_by_policy, evaluation.outcome) == ("approved", True, "approve")
    assert {name: told[name] for name in told if name not in ("version", "action")} == evaluation.claims
    assert request.attributes.items() >= evaluation.claims.items()
    rules = {each["id"]: each for each in evaluation.version.document["rules"]}
    trail = {entry["id"]: entry for entry in evaluation.trail}
    approving = rules[evaluation.rule_id]
    assert list(approving["then"]) == ["approve"]
    assert (approving.get("enabled", True), approving.get("shadow", False)) == (True, False)
    assert (trail[evaluation.rule_id]["matched"], trail[evaluation.rule_id]["decided"]) == ("true", True)
    in_the_way = [entry for name, entry in trail.items() if "refuse" in rules[name]["then"] and "shadow" not in entry]
    assert {entry["matched"] for entry in in_the_way} <= {"false"}
    check_verification(request, evaluation, approving)


def check_verification(request: SignUpRequest, evaluation: PolicyEvaluation, approving: dict[str, Any]) -> None:
    """Who was to be verified has passed, or the rule speaks of the outcome."""
    was_verified = any(entry.get("fault") == "verified_already" for entry in evaluation.trail)
    if not was_verified or any(condition["subject"] == "verification" for condition in approving["when"]):
        return
    seen["approved after a pass"] += 1
    assert request.verifications.latest("at").outcome == "passed"


def test_nobody_goes_on_whom_no_approving_rule_matched(
    flow: UserFlow, entra: Entra, service: Service, idology: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(flow, "idology", idology, actor=None, budget_seconds=1, on_failed="correct", tries=1)

    @example(_john, True, _verified_first, [_passes, _passes])
    @example(_john, True, _verified_first, [_fails])
    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(_claims, st.booleans(), _documents(), st.lists(_calls, min_size=1, max_size=CALLS))
    def try_it(claims: dict[str, Any], can_be_verified: bool, policy: Any, calls: list[Call]) -> None:
        with forgotten():
            PolicyVersion.objects.create(flow=flow, number=1, document=policy)
            for call in calls:
                make_ready(flow, call, service)
                monkeypatch.setattr(judging, "EVALUATION_SECONDS", call.seconds)
                body = {**claims, **(_verifiable if can_be_verified else {}), **call.claims}
                with away(*(TABLES[name] for name in call.away)):
                    response = entra.call(call.step, body)
                check(flow, call.step, response)

    seen.clear()
    try_it()
    # What never happens proves nothing.
    assert seen["submit: Continue"] > EXAMPLES / 50
    for rare in (
        "submit: ShowBlockPage",
        "submit: ValidationError",
        "check-status: ShowBlockPage",
        "approved after a pass",
    ):
        assert seen[rare] > 0, seen
