"""What people read of rules and of what came of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as st

from approvals.models import PolicyEvaluation
from approvals.policy import words
from approvals.policy.document import parse
from approvals.policy.engine import Facts, evaluate
from approvals.policy.words import Explanation
from tests.policy.making import (
    EXTENSION,
    all_facts,
    claim,
    decide,
    documents,
    domain,
    earlier,
    facts,
    policy,
    raising,
    rule,
)

OWN = domain("fabrikam.example")
NO_LIST = {"subject": "email_domain", "test": "in_list", "list": "gone"}


@pytest.mark.parametrize(
    ("when", "then", "sentence"),
    [
        (
            [domain("fabrikam.com", test="under"), claim("jobTitle", "present")],
            "approve",
            "If the email domain is fabrikam.com or below it and Job title is given: approve at once.",
        ),
        ([], "review", "Always: send it to a person (Look.)."),
        ([], {"review": {}}, "Always: send it to a person."),
        ([], "verify", "Always: verify the identity."),
        (
            [domain("a.example", "b.example", "c.example", **{"not": True})],
            "refuse",
            "If the email domain is not a.example, b.example or c.example: refuse.",
        ),
        ([NO_LIST], "set", "If the email domain is on the list “gone”: set Country or region to “US”."),
        (
            [claim("jobTitle", "length", min=5, **{"not": True})],
            "correct",
            "If Job title is missing or has fewer than 5 characters: ask the applicant to correct Job title.",
        ),
        (
            [{"subject": "issuer", "test": "one_of", "values": ["google", "microsoft"]}],
            "approve",
            "If the person signs in with Google or Microsoft Entra or a Microsoft account: approve at once.",
        ),
        (
            [{"subject": "earlier", "test": "denied", "where": "any_flow", "within_days": 90}],
            "refuse",
            "If this person was denied in any user flow within the last 90 days: refuse.",
        ),
        (
            [{"subject": "language", "test": "one_of", "values": ["de", "xx"]}],
            "approve",
            "If the language is German or xx: approve at once.",
        ),
        (
            [{"subject": "hint", "test": "one_of", "values": ["look_alike"]}],
            "review",
            "If there is a hint “look alike”: send it to a person (Look.).",
        ),
        ([claim(EXTENSION, "equals", value=True)], "approve", "If Dept is “yes”: approve at once."),
        ([claim("surname", "one_of", values=["A", "B"])], "approve", "If Surname is “A” or “B”: approve at once."),
    ],
)
def test_it_says_a_rule_in_one_sentence(when: list[dict[str, Any]], then: Any, sentence: str) -> None:
    (read,) = policy(rule("a", then, *when)).rules
    assert words.rule(read) == sentence


def test_it_says_what_holds_a_rule_back_and_when_it_is_asked() -> None:
    read = policy(
        rule("off", "refuse", enabled=False), rule("shadow", "refuse", shadow=True, steps=["check_status", "submit"])
    )
    assert words.policy(read) == [
        "Off: Always: refuse. (Switched off.)",
        "Shadow: Always: refuse. (Shadow: only records what it would do.)",
    ]
    assert [words.steps(each) for each in read.rules] == ["with the form", "after signing in and with the form"]


def explained(*rules: dict[str, Any], **known: Any) -> Explanation:
    """What is told of the stored evaluation."""
    verdict = decide(*rules, **known)
    stored = PolicyEvaluation(
        outcome=str(verdict.outcome),
        rule_id=verdict.rule.id if verdict.rule else "",
        rule_name=verdict.rule.name if verdict.rule else "",
        trail=verdict.trail,
    )
    told = words.explain(stored)
    assert told == words.explain_verdict(verdict)
    return told


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        (
            [rule("a", "approve", domain("x.example", "fabrikam.example"), name="Partner domains")],
            "Approved automatically: rule “Partner domains” matched (email domain is fabrikam.example).",
        ),
        (
            [rule("a", "refuse", domain("example", test="under"), claim("surname", "one_of", values=["X", "Smith"]))],
            "Refused automatically: rule “A” matched (email domain is example or below it; Surname is “Smith”).",
        ),
        ([rule("a", "correct", OWN)], "Sent back to correct: rule “A” matched (email domain is fabrikam.example)."),
        ([rule("a", "review", OWN)], "Sent to a person: rule “A” matched (email domain is fabrikam.example): Look."),
        ([rule("a", "review")], "Sent to a person: rule “A” matched (it always does): Look."),
        ([rule("a", "verify")], "To be verified: rule “A” matched (it always does)."),
        ([rule("a", "approve", domain("x.example"))], "Sent to a person: no rule decided."),
        (
            [rule("a", "approve", NO_LIST)],
            "Sent to a person: rule “A” could not be evaluated (there is no such list of domains).",
        ),
        (
            [rule("a", "approve", {"subject": "earlier", "test": "denied", "not": True})],
            "Sent to a person: rule “A” could not be evaluated (looking it up failed).",
        ),
        (
            [rule("a", "refuse", OWN, steps=["check_status"]), rule("b", "approve")],
            "Sent to a person: rule “A” matched (email domain is fabrikam.example); it refuses right after signing in.",
        ),
    ],
)
def test_it_says_what_followed_and_why(rules: list[dict[str, Any]], sentence: str) -> None:
    assert explained(*rules, earlier=raising).sentence == sentence


def test_it_says_that_somebody_may_go_on() -> None:
    assert explained(rule("a", "approve"), step="check_status").sentence == "May go on to the form: no rule refused."


def test_it_says_what_came_of_each_rule_and_each_condition() -> None:
    told = explained(
        rule("list", "approve", NO_LIST),
        rule("both", "refuse", {"subject": "earlier", "test": "denied"}, domain("x.example")),
        rule("shadow", "refuse", OWN, shadow=True),
        rule("again", "verify"),
        rule("yes", "approve", {"subject": "earlier", "test": "denied", "not": True}, OWN),
        verification="passed",
        earlier=lambda: [earlier("approved")],
    )
    assert [(row.rule_id, row.matched, row.decided, row.says) for row in told.rows] == [
        ("list", "unknown", False, "Could not be evaluated: there is no such list of domains."),
        ("both", "false", False, "Did not match."),
        ("shadow", "true", False, "Matched. As a shadow it decided nothing; it would: refuse."),
        ("again", "false", False, "Not asked: the service has been asked, and has answered."),
        ("yes", "true", True, "Matched: approve at once."),
    ]
    assert [(line.clause, line.result, line.says) for line in told.rows[1].lines] == [
        ("This person was denied before", "skipped", "not asked: another condition does not hold"),
        ("The email domain is x.example", "false", "no"),
    ]
    assert told.rows[0].lines[0].says == "cannot be said: there is no such list of domains"
    assert told.rows[4].lines[1].clause == "Email domain is fabrikam.example"


def test_a_long_list_is_told_by_its_first_values() -> None:
    many = domain(*(f"d{number}.example" for number in range(9)))
    (row,) = explained(rule("a", "approve", many)).rows
    assert row.lines[0].clause.endswith("d4.example or 4 others")


def test_time_that_ran_out_is_told() -> None:
    verdict = evaluate(policy(rule("a", "approve")), facts(), deadline=0, clock=lambda: 1)
    assert "there was no time left" in words.explain_verdict(verdict).sentence


@given(documents(), all_facts(), st.sampled_from(["en", "de", "pt"]))
def test_there_are_words_for_every_rule_and_every_verdict(raw: dict[str, Any], known: Facts, language: str) -> None:
    with translation.override(language):
        read = parse(raw)
        told = words.explain_verdict(evaluate(read, known))
        said = [*words.policy(read), *(words.steps(each) for each in read.rules)]
        said += [
            told.sentence,
            *(row.says for row in told.rows),
            *(line.says for row in told.rows for line in row.lines),
        ]
    assert all(said)
    assert not any("does not know" in each for each in said)


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "name", "then", "matched", "conditions", "subject", "test", "values", "fault", "min"]
            ),
            inner,
            max_size=5,
        )
    ),
)


@settings(max_examples=500)
@given(_junk)
def test_it_never_fails_on_what_another_version_has_stored(trail: Any) -> None:
    assert words.explain(PolicyEvaluation(outcome="approve", rule_name="A", trail=trail)).sentence


def test_a_broken_policy_is_told() -> None:
    told = words.explain(PolicyEvaluation(outcome="review", trail=[{"fault": "broken"}]))
    assert told == Explanation("Sent to a person: the policy as it is stored cannot be read.", ())


def test_a_document_of_another_form_has_words_too() -> None:
    assert words.clause({"subject": "moon", "test": "full"}) == "a condition that this version of Foyer does not know"
