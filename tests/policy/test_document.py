"""The document: what is taken, what comes back, and that everything wrong with one is told at once."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.errors import ApprovalError
from approvals.policy.document import dump, parse
from approvals.policy.errors import PolicyError, Problem
from approvals.policy.rules import Outcome, Step, Texts
from tests.policy.making import EXTENSION, claim, document, documents, domain, rule

MANY_DIGITS = 10**400
DEEP: Any = []
for _level in range(5000):
    DEEP = [DEEP]


def problems(raw: Any) -> tuple[Problem, ...]:
    """What is wrong with a document."""
    with pytest.raises(PolicyError) as refused:
        parse(raw)
    return refused.value.problems


def test_it_reads_a_rule_with_its_defaults() -> None:
    policy = parse(document(rule("a", "approve", domain("Fabrikam.COM"))))
    (read,) = policy.rules
    assert (read.enabled, read.shadow, read.steps) == (True, False, (Step.SUBMIT,))
    assert read.then.outcome is Outcome.APPROVE
    assert read.when[0].values == ("fabrikam.com",)


def test_it_gives_back_what_it_read_in_one_form() -> None:
    written = document(
        rule(
            "a",
            {"refuse": {"text": {"de": "Nein.", "en": "No."}}},
            {
                "test": "one_of",
                "subject": "email_domain",
                "values": ["XN--MNCHEN-3YA.example", "münchen.example"],
                "not": False,
            },
            claim("jobTitle", "number", min=5.0, max=None),
            {"subject": "earlier", "test": "denied"},
            steps=["submit", "check_status", "submit"],
        )
    )
    assert dump(parse(written))["rules"] == [
        {
            "id": "a",
            "name": "A",
            "enabled": True,
            "shadow": False,
            "steps": ["check_status", "submit"],
            "when": [
                {"subject": "email_domain", "test": "one_of", "values": ["münchen.example"]},
                {"subject": "claim", "test": "number", "name": "jobTitle", "min": 5},
                {"subject": "earlier", "test": "denied", "where": "this_flow"},
            ],
            "then": {"refuse": {"text": {"en": "No.", "de": "Nein."}}},
        }
    ]


@given(documents())
def test_reading_what_was_written_gives_the_same_policy(raw: dict[str, Any]) -> None:
    policy = parse(raw)
    assert parse(dump(policy)) == policy
    assert dump(parse(dump(policy))) == dump(policy)


def test_a_value_that_is_false_or_zero_survives() -> None:
    raw = rule("a", {"set": {"claim": EXTENSION, "value": False}}, claim(EXTENSION, "equals", value=False))
    zero = rule("b", {"set": {"claim": EXTENSION, "value": 0}}, claim(EXTENSION, "length", max=0))
    written = dump(parse(document(raw, zero)))["rules"]
    assert [each["then"]["set"]["value"] for each in written] == [False, 0]
    assert written[0]["when"][0]["value"] is False
    assert written[1]["when"][0]["max"] == 0


def test_it_tells_everything_that_is_wrong_at_once() -> None:
    told = problems(
        document(
            rule("good", "approve"),
            rule("Bad Id", "approve", domain("no domain"), claim("job", "matches", pattern="(", extra=1)),
            rule("good", "approve", steps=["check_status"]),
            {"id": "none", "name": "", "then": {"approve": {}, "refuse": {}}},
        )
    )
    assert [(each.rule, each.condition, each.field) for each in told] == [
        (2, None, "id"),
        (2, 1, "values"),
        (2, 2, ""),
        (2, 2, "name"),
        (2, 2, "pattern"),
        (3, None, "steps"),
        (4, None, "name"),
        (4, None, "then"),
        (3, None, "id"),
    ]


def test_a_problem_says_where_it_is() -> None:
    (told,) = problems(document(rule("partners", "approve", domain("no domain"))))
    assert str(told) == "rule 1 (partners), condition 1, values: “no domain” is no domain."


def test_the_error_is_one_of_ours() -> None:
    with pytest.raises(ApprovalError) as refused:
        parse(None)
    assert (refused.value.code, refused.value.status) == ("invalid_policy", 400)


@pytest.mark.parametrize("outcome", ["correct", "approve", "verify", "review"])
def test_it_says_kindly_that_an_outcome_needs_the_form(outcome: str) -> None:
    (told,) = problems(document(rule("a", outcome, steps=["check_status", "submit"])))
    assert "nobody has filled it in yet" in told.sentence
    parse(document(rule("a", outcome)))


@pytest.mark.parametrize("outcome", ["refuse", "set"])
def test_the_other_outcomes_may_come_at_both_steps(outcome: str) -> None:
    (read,) = parse(document(rule("a", outcome, steps=["check_status", "submit"]))).rules
    assert read.steps == (Step.CHECK_STATUS, Step.SUBMIT)


WRONG: list[Any] = [
    None,
    [],
    "policy: 1",
    {},
    {"policy": 2, "rules": []},
    {"policy": True, "rules": []},
    {"policy": 1, "rules": {}},
    {"policy": 1, "rules": [], "more": 1},
    {"policy": 1, "rules": [None]},
    {"policy": 1, "rules": DEEP},
    {"policy": DEEP, "rules": []},
    {1: 2, None: 3},
    document(*(rule(f"r{number}", "approve") for number in range(101))),
    document(rule("a", "approve", *[domain("x.example")] * 21)),
    document(rule("a", "approve", domain(*(f"d{number}.example" for number in range(201))))),
    document(rule("a" * 61, "approve")),
    document(rule("a", "approve", name="x" * 101)),
    document(rule("a", "approve", name="a\0b")),
    document(rule("a", "approve", name="a\ud800b")),
    document(rule("a", "approve", name="x" * 10**7)),
    document(rule("a", "approve", enabled="yes")),
    document(rule("a", "approve", shadow=None)),
    document(rule("a", "approve", steps=[])),
    document(rule("a", "approve", steps=["later"])),
    document(rule("a", "approve", steps="submit")),
    document(rule("a", "approve", when=None)),
    document(rule("a", "approve", when=[DEEP])),
    document(rule("a", "approve", **{"if": []})),
    document(rule("a", {"approve": {"text": "x"}})),
    document(rule("a", {"approve": []})),
    document(rule("a", {"let_in": {}})),
    document(rule("a", {"continue": {}})),
    document(rule("a", {"refuse": {}})),
    document(rule("a", {"refuse": {"text": ""}})),
    document(rule("a", {"refuse": {"text": {}}})),
    document(rule("a", {"refuse": {"text": {"xx": "?"}}})),
    document(rule("a", {"refuse": {"text": {"de": DEEP}}})),
    document(rule("a", {"refuse": {"text": "x" * 301}})),
    document(rule("a", {"correct": {"attribute": "email", "text": "x"}})),
    document(rule("a", {"correct": {"attribute": "nickname", "text": "x"}})),
    document(rule("a", {"set": {"claim": "email", "value": "x"}})),
    document(rule("a", {"set": {"claim": "country", "value": 5}})),
    document(rule("a", {"set": {"claim": "country", "value": ""}})),
    document(rule("a", {"set": {"claim": "postalCode", "value": "x" * 41}})),
    document(rule("a", {"set": {"claim": EXTENSION, "value": 2**31}})),
    document(rule("a", {"set": {"claim": EXTENSION, "value": 1.5}})),
    document(rule("a", {"set": {"claim": EXTENSION, "value": None}})),
    document(rule("a", {"review": {"reason": 5}})),
    document(rule("a", "approve", {"subject": "email_domain"})),
    document(rule("a", "approve", {"subject": ["email_domain"], "test": {}})),
    document(rule("a", "approve", {"subject": "claim", "test": "under"})),
    document(rule("a", "approve", domain())),
    document(rule("a", "approve", domain(".fabrikam.com"))),
    document(rule("a", "approve", domain("*", test="wildcard"))),
    document(rule("a", "approve", domain("x.example", **{"not": 1}))),
    document(rule("a", "approve", {"subject": "email_domain", "test": "in_list", "list": "No Slug"})),
    document(rule("a", "approve", {"subject": "issuer", "test": "one_of", "values": [False]})),
    document(rule("a", "approve", {"subject": "language", "test": "one_of", "values": ["german!"]})),
    document(rule("a", "approve", {"subject": "hint", "test": "one_of", "values": ["No Code"]})),
    document(rule("a", "approve", {"subject": "verification", "test": "one_of", "values": ["perhaps"]})),
    document(rule("a", "approve", {"subject": "earlier", "test": "denied", "where": "here"})),
    document(rule("a", "approve", {"subject": "earlier", "test": "denied", "within_days": 0})),
    document(rule("a", "approve", {"subject": "earlier", "test": "denied", "within_days": MANY_DIGITS})),
    document(rule("a", "approve", claim("jobTitle", "length"))),
    document(rule("a", "approve", claim("jobTitle", "length", min=5, max=4))),
    document(rule("a", "approve", claim("jobTitle", "length", min=1.5))),
    document(rule("a", "approve", claim("jobTitle", "length", min=-1))),
    document(rule("a", "approve", claim("jobTitle", "number", min=float("nan")))),
    document(rule("a", "approve", claim("jobTitle", "number", min=float("inf")))),
    document(rule("a", "approve", claim("jobTitle", "number", min=True))),
    document(rule("a", "approve", claim("jobTitle", "equals"))),
    document(rule("a", "approve", claim("jobTitle", "equals", value=MANY_DIGITS))),
    document(rule("a", "approve", claim("jobTitle", "matches", pattern=""))),
    document(rule("a", "approve", claim("jobTitle", "matches", pattern="(.?){200}a"))),
    document(rule("a", "approve", claim("extension_Dept", "present"))),
]


@pytest.mark.parametrize("raw", WRONG, ids=range(len(WRONG)))
def test_it_refuses_and_says_what(raw: Any) -> None:
    told = problems(raw)
    assert told
    assert all(problem.sentence for problem in told)
    assert all(len(str(problem)) < 500 for problem in told)


_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["rules", "policy", "when"]), inner),
)


@given(_anything, documents(), st.data())
def test_whatever_stands_anywhere_it_is_read_or_refused(junk: Any, raw: dict[str, Any], data: st.DataObject) -> None:
    place: Any = raw
    while isinstance(place, dict | list) and place:
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        if data.draw(st.booleans()) or not isinstance(place[key], dict | list) or not place[key]:
            place[key] = junk
            break
        place = place[key]
    with suppress(PolicyError):
        assert dump(parse(raw))


def test_it_says_no_more_than_anybody_reads() -> None:
    assert len(problems({"policy": 1, "rules": [rule("A", "x", *[{}] * 20)] * 100})) == 200


@pytest.mark.parametrize(
    ("language", "text"),
    [("de", "Nein."), ("fr", "No."), ("en", "No.")],
)
def test_a_text_is_chosen_by_language(language: str, text: str) -> None:
    assert Texts((("en", "No."), ("de", "Nein."))).choose(language) == text


def test_a_text_without_the_language_comes_in_the_flows_own() -> None:
    assert Texts((("en", "No."), ("de", "Nein."))).choose("es", "de") == "Nein."
    assert Texts((("de", "Nein."),)).choose("es", "fr") == "Nein."
    assert Texts.of("No.").choose("de") == "No."
    assert Texts().choose("de") == ""
