"""What follows from the rules: which beats which, what faults lead to, and what is kept of it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.models import PolicyEvaluation
from approvals.policy.document import parse
from approvals.policy.engine import Facts, Outcome, Step, Verdict, evaluate
from approvals.policy.rules import Policy
from tests.factories import make_applicant
from tests.policy.making import all_facts, claim, decide, document, documents, domain, facts, policy, raising, rule

OWN = domain("fabrikam.example")
OTHER = domain("contoso.example")
NO_LIST = {"subject": "email_domain", "test": "in_list", "list": "missing"}
HINTED = {"subject": "hint", "test": "one_of", "values": ["disposable"]}


def test_a_matching_rule_approves() -> None:
    verdict = decide(rule("partners", "approve", OWN))
    assert (verdict.outcome, verdict.rule) == ("approve", ("partners", "Partners"))


def test_all_conditions_must_hold() -> None:
    assert decide(rule("a", "approve", OWN, claim("jobTitle", "present"))).outcome == "review"


def test_a_rule_without_conditions_always_matches() -> None:
    assert decide(rule("a", "approve")).outcome == "approve"


def test_when_nothing_matches_a_person_decides() -> None:
    verdict = decide(rule("a", "approve", OTHER))
    assert (verdict.outcome, verdict.rule, verdict.fault) == ("review", None, "")


def test_when_nothing_matches_at_the_first_step_the_applicant_goes_on() -> None:
    assert decide(rule("a", "refuse", OTHER, steps=["check_status"]), step="check_status").outcome == "continue"


def test_refuse_beats_everything_whatever_the_order() -> None:
    for order in itertools.permutations(["refuse", "correct", "approve", "verify", "review", "set"]):
        verdict = decide(*(rule(name, name) for name in order))
        assert (verdict.outcome, verdict.texts.choose("de"), verdict.claims) == ("refuse", "No.", {})


@pytest.mark.parametrize("order", list(itertools.permutations(["correct", "approve", "verify", "review"])))
def test_what_is_to_be_corrected_comes_before_any_decision(order: tuple[str, ...]) -> None:
    assert decide(*(rule(name, name) for name in order)).outcome == "correct"


@pytest.mark.parametrize("order", list(itertools.permutations(["approve", "verify", "review"])))
def test_the_first_of_the_others_decides(order: tuple[str, ...]) -> None:
    assert decide(*(rule(name, name) for name in order)).outcome == order[0]


def test_all_corrections_are_told() -> None:
    city = {"correct": {"attribute": "city", "text": {"de": "Welche Stadt?"}}}
    verdict = decide(rule("a", "correct"), rule("b", city), rule("c", "correct", OTHER))
    assert [(each.attribute, each.texts.choose("de")) for each in verdict.corrections] == [
        ("jobTitle", "Longer, please."),
        ("city", "Welche Stadt?"),
    ]


def test_the_first_rule_that_sets_a_claim_wins() -> None:
    def setting(claim: str, value: str) -> dict[str, Any]:
        return {"set": {"claim": claim, "value": value}}

    rules = [
        rule("a", setting("country", "US")),
        rule("b", setting("country", "DE")),
        rule("c", setting("city", "Rome")),
    ]
    for last in ("approve", "review"):
        assert decide(*rules, rule("z", last)).claims == {"country": "US", "city": "Rome"}
    assert decide(*rules, rule("d", setting("state", "x"), OTHER)).claims == {"country": "US", "city": "Rome"}


@pytest.mark.parametrize("last", ["refuse", "correct", "verify"])
def test_no_claim_is_set_for_somebody_who_does_not_go_on(last: str) -> None:
    assert decide(rule("a", "set"), rule("z", last)).claims == {}


def test_claims_are_set_at_the_first_step_when_the_applicant_goes_on() -> None:
    verdict = decide(rule("a", "set", steps=["check_status"]), step="check_status")
    assert (verdict.outcome, verdict.claims) == ("continue", {"country": "US"})


def test_a_rule_of_the_other_step_is_not_asked() -> None:
    assert decide(rule("a", "refuse"), step="check_status").outcome == "continue"
    assert decide(rule("a", "set", steps=["check_status"]), rule("b", "approve")).claims == {}


def test_whom_a_refusal_of_the_first_step_fits_is_not_approved_later() -> None:
    early = rule("early", "refuse", OWN, steps=["check_status"])
    verdict = decide(early, rule("b", "approve"))
    assert (verdict.outcome, verdict.rule) == ("review", ("early", "Early"))
    assert decide(early, rule("b", "approve"), applicant=make_applicant("x@contoso.example")).outcome == "approve"


def test_a_verification_is_asked_for_once() -> None:
    rules = [
        rule("v", "verify"),
        rule("p", "approve", {"subject": "verification", "test": "one_of", "values": ["passed"]}),
    ]
    assert decide(*rules).outcome == "verify"
    assert decide(*rules, verification="passed", step="later").outcome == "approve"
    for other in ("failed", "refer", "unavailable", "asking", "?"):
        assert decide(*rules, verification=other).outcome == "review"


def test_what_is_to_be_corrected_after_the_verification_is_a_persons() -> None:
    rules = [rule("c", "correct"), rule("a", "approve")]
    verdict = decide(*rules, step="later", verification="passed")
    assert (verdict.outcome, verdict.rule) == ("review", ("c", "C"))


@pytest.mark.parametrize("flags", [{"shadow": True}, {"enabled": False}])
@pytest.mark.parametrize("outcome", ["refuse", "correct", "set", "approve", "verify", "review"])
def test_a_shadow_and_a_disabled_rule_decide_nothing(outcome: str, flags: dict[str, bool]) -> None:
    verdict = decide(rule("a", outcome, **flags), rule("b", "approve", OWN))
    assert (verdict.outcome, verdict.claims) == ("approve", {})
    assert decide(rule("a", outcome, **flags)).rule is None


def test_a_shadow_says_what_it_would_have_done() -> None:
    (entry,) = decide(rule("a", "refuse", OWN, shadow=True)).trail
    assert (entry["shadow"], entry["matched"], entry["then"]) == (True, "true", {"outcome": "refuse"})
    assert decide(rule("a", "refuse", enabled=False)).trail == []


# --- Faults --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("outcome", ["refuse", "correct", "set", "verify", "review"])
@pytest.mark.parametrize("undecided", [NO_LIST, HINTED, NO_LIST | {"not": True}, HINTED | {"not": True}])
def test_nobody_is_approved_while_a_rule_before_is_open(outcome: str, undecided: dict[str, Any]) -> None:
    verdict = decide(rule("open", outcome, undecided), rule("b", "approve", OWN), hints=raising)
    assert (verdict.outcome, verdict.rule, verdict.fault) == ("review", ("open", "Open"), "undecided")


@pytest.mark.parametrize("outcome", ["refuse", "correct", "set"])
def test_nor_while_a_refusal_a_correction_or_a_claim_behind_is_open(outcome: str) -> None:
    assert decide(rule("b", "approve", OWN), rule("open", outcome, NO_LIST)).outcome == "review"


def test_an_open_rule_that_would_approve_approves_nobody() -> None:
    verdict = decide(rule("open", "approve", NO_LIST))
    assert (verdict.outcome, verdict.rule, verdict.fault) == ("review", ("open", "Open"), "undecided")
    assert decide(rule("open", "approve", NO_LIST), rule("b", "approve", OWN)).rule == ("b", "B")


def test_an_open_rule_does_not_save_from_a_refusal() -> None:
    assert decide(rule("open", "refuse", NO_LIST), rule("b", "refuse", OWN)).outcome == "refuse"


def test_a_condition_that_fails_besides_an_open_one_settles_it() -> None:
    assert decide(rule("a", "refuse", NO_LIST, OTHER), rule("b", "approve", OWN)).outcome == "approve"


def test_an_open_refusal_at_the_first_step_lets_the_applicant_go_on_to_be_asked_again() -> None:
    rules = [rule("open", "refuse", NO_LIST, steps=["check_status"]), rule("b", "approve", OWN)]
    assert decide(*rules, step="check_status").outcome == "continue"
    assert decide(*rules).outcome == "review"


def test_it_asks_the_database_only_when_the_rest_leaves_it_open() -> None:
    verdict = decide(rule("a", "refuse", HINTED, OTHER), rule("b", "approve"), hints=raising)
    assert verdict.outcome == "approve"
    assert [each["result"] for each in verdict.trail[0]["conditions"]] == ["skipped", "false"]


def ticking() -> Callable[[], float]:
    """A clock that is a second later each time somebody looks."""
    return itertools.count().__next__


def test_when_time_runs_out_nobody_is_approved() -> None:
    rules = policy(rule("a", "approve", OWN), rule("slow", "refuse", OTHER))
    assert evaluate(rules, facts(), deadline=100, clock=ticking()).outcome == "approve"
    for deadline in range(4):
        verdict = evaluate(rules, facts(), deadline=deadline, clock=ticking())
        assert (verdict.outcome, verdict.fault) == ("review", "undecided")


def test_a_shadow_takes_no_time_from_the_others() -> None:
    rules = policy(
        *(rule(f"s{number}", "refuse", OTHER, shadow=True) for number in range(9)), rule("a", "approve", OWN)
    )
    verdict = evaluate(rules, facts(), deadline=2, clock=ticking())
    assert verdict.outcome == "approve"
    assert [each["matched"] for each in verdict.trail] == ["unknown"] * 9 + ["true"]


def test_a_policy_that_cannot_be_read_sends_everybody_to_a_person() -> None:
    broken = Policy(usable=False)
    assert evaluate(broken, facts()) == Verdict(Outcome.REVIEW, fault="broken", trail=[{"fault": "broken"}])
    assert evaluate(broken, facts(step="check_status")).outcome == "continue"


class Broken(Policy):
    """A policy whose rules cannot even be looked at."""

    def __getattribute__(self, name: str) -> Any:
        if name == "rules":
            raise RuntimeError("john.smith@fabrikam.example")
        return super().__getattribute__(name)


def test_whatever_breaks_a_person_decides_and_the_log_names_nobody(log_lines) -> None:
    verdict = evaluate(Broken(), facts())
    assert (verdict.outcome, verdict.fault) == ("review", "failed")
    assert "policy_failed" in log_lines.getvalue()
    assert "fabrikam" not in log_lines.getvalue()


def test_a_lookup_that_breaks_is_logged_without_what_it_said(log_lines) -> None:
    decide(rule("a", "approve", HINTED), hints=raising)
    assert "policy_facts_missing" in log_lines.getvalue()
    assert "away" not in log_lines.getvalue()


# --- What is kept --------------------------------------------------------------------------------------------


def test_it_keeps_each_rule_with_its_conditions_and_nothing_of_the_applicant() -> None:
    many = domain("fabrikam.example", *(f"d{number}.example" for number in range(9)))
    verdict = decide(
        rule("a", "approve", many, claim("surname", "matches", pattern="Sm")), rule("b", "refuse", NO_LIST)
    )
    assert json.loads(json.dumps(verdict.trail)) == verdict.trail
    first, second = verdict.trail
    assert first["conditions"][0] == {
        "subject": "email_domain",
        "test": "one_of",
        "values": ["fabrikam.example", "d0.example", "d1.example", "d2.example", "d3.example"],
        "more": 5,
        "result": "true",
        "found": "fabrikam.example",
    }
    assert (second["matched"], second["conditions"][0]["fault"], second["decided"]) == ("unknown", "no_list", True)
    assert "John" not in json.dumps(verdict.trail)


def test_the_codes_are_those_of_the_stored_evaluation() -> None:
    assert {str(step) for step in Step} == set(PolicyEvaluation.Step.values)
    assert {str(each) for each in Outcome} - {"set", "verify"} == set(PolicyEvaluation.Outcome.values)


# --- Nobody is approved by accident --------------------------------------------------------------------------

# Conditions of which it is known what they are for John Smith, whatever the engine says.
KNOWN: dict[bool | None, list[dict[str, Any]]] = {
    True: [
        OWN,
        {**OTHER, "not": True},
        claim("surname", "equals", value="Smith"),
        claim("city", "present", **{"not": True}),
    ],
    False: [OTHER, {**OWN, "not": True}, claim("surname", "length", max=2), claim("city", "matches", pattern=".")],
    None: [NO_LIST, HINTED, {**HINTED, "not": True}, {"subject": "earlier", "test": "approved"}],
}


def truth(holding: list[bool | None]) -> bool | None:
    """Whether all hold."""
    if False in holding:
        return False
    return None if None in holding else True


@st.composite
def known_rules(draw: st.DrawFn) -> tuple[dict[str, Any], bool | None]:
    """A rule, and whether it matches."""
    name = draw(st.sampled_from(["refuse", "correct", "set", "approve", "verify", "review"]))
    holding = draw(st.lists(st.sampled_from([True, False, None]), max_size=3))
    when = [draw(st.sampled_from(KNOWN[each])) for each in holding]
    early = name in ("refuse", "set") and draw(st.booleans())
    flags = {
        "enabled": draw(st.sampled_from([True, True, False])),
        "shadow": draw(st.sampled_from([False, False, True])),
    }
    return rule("r", name, *when, steps=["check_status"] if early else ["submit"], **flags), truth(holding)


@settings(max_examples=400)
@given(
    st.lists(known_rules(), max_size=6), st.sampled_from(["submit", "later"]), st.one_of(st.none(), st.integers(0, 25))
)
def test_nobody_is_approved_without_a_rule_or_against_one(
    known: list[tuple[dict[str, Any], bool | None]], step: str, deadline: int | None
) -> None:
    rules = [{**raw, "id": f"r{number}"} for number, (raw, _truth) in enumerate(known)]
    broken = facts(step=step, hints=raising, earlier=raising)
    verdict = evaluate(parse(document(*rules)), broken, deadline=deadline, clock=ticking())
    acting = [(raw, matches) for raw, matches in known if raw["enabled"] and not raw["shadow"]]
    refusals = [matches for raw, matches in acting if "refuse" in raw["then"]]
    if verdict.outcome == "approve":
        assert any(matches for raw, matches in acting if "approve" in raw["then"])
        assert set(refusals) <= {False}
        corrections = [matches for raw, matches in acting if "correct" in raw["then"]]
        assert set(corrections) <= {False}
    if deadline is None and any(m for raw, m in acting if "refuse" in raw["then"] and raw["steps"] == ["submit"]):
        assert verdict.outcome == "refuse"


@settings(max_examples=400)
@given(documents(), all_facts(), st.one_of(st.none(), st.integers(0, 25)))
def test_whatever_is_claimed_and_breaks_an_approval_has_its_rule(
    raw: dict[str, Any], known: Facts, deadline: int | None
) -> None:
    verdict = evaluate(parse(raw), known, deadline=deadline, clock=ticking())
    assert json.loads(json.dumps(verdict.trail)) == verdict.trail
    acting = [each for each in verdict.trail if not each.get("shadow")]
    refused = {each["matched"] for each in acting if each["then"]["outcome"] == "refuse"}
    if known.step == "check_status":
        assert verdict.outcome in ("refuse", "continue")
    if verdict.outcome == "approve":
        assert verdict.rule is not None
        (decided,) = [each for each in acting if each.get("decided")]
        assert (decided["id"], decided["matched"], decided["then"]) == (verdict.rule.id, "true", {"outcome": "approve"})
        assert refused <= {"false"}
    assert verdict.fault != "failed"
