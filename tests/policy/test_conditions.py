"""Every kind of condition: when it holds, when it does not, and when nobody can say."""

from __future__ import annotations

import time
from typing import Any

import pytest

from approvals.policy.condition_form import FORMS, parse_condition
from approvals.policy.conditions import Condition, Result
from approvals.policy.domains import DomainSet
from approvals.policy.patterns import BadPattern, Pattern
from approvals.policy.reading import Place
from tests.factories import make_applicant, make_identity
from tests.policy.making import EXTENSION, claim, domain, earlier, facts, raising


def condition(raw: dict[str, Any]) -> Condition:
    """The condition that is written so."""
    place = Place([])
    parsed = parse_condition(place, raw)
    assert parsed is not None, place.problems
    return parsed


def issuer(*values: str, **fields: Any) -> dict[str, Any]:
    return {"subject": "issuer", "test": "one_of", "values": list(values), **fields}


def language(*values: str) -> dict[str, Any]:
    return {"subject": "language", "test": "one_of", "values": list(values)}


def before(test: str, **fields: Any) -> dict[str, Any]:
    return {"subject": "earlier", "test": test, **fields}


SEVEN: dict[str, Any] = {EXTENSION: 7}
TRUE: dict[str, Any] = {EXTENSION: True}
GOOGLE = make_applicant(identities=(make_identity("google.com"),))
IMPOSTOR = make_applicant(identities=(make_identity("Microsoft"),))
JOHN = make_applicant("John@de.Fabrikam.example", jobTitle="Head of IT", postalCode="01234", **SEVEN)
PLAIN = make_applicant()
BOOLEAN = make_applicant(**TRUE)
AUSTRIAN = make_applicant(locales=("de_AT", "fr"))
PARTNERS = {"partners": DomainSet.of([".fabrikam.example"])}

TABLE: list[tuple[dict[str, Any], Any, dict[str, Any], bool | None]] = [
    (domain("fabrikam.example"), PLAIN, {}, True),
    (domain("FABRIKAM.example."), PLAIN, {}, True),
    (domain("fabrikam.example"), JOHN, {}, False),
    (domain("fabrikam.example", **{"not": True}), JOHN, {}, True),
    (domain("contoso.example", "fabrikam.example"), PLAIN, {}, True),
    (domain("münchen.example"), make_applicant("x@xn--mnchen-3ya.example"), {}, True),
    (domain("xn--mnchen-3ya.example"), make_applicant("x@München.example"), {}, True),
    (domain("fabrikam.example"), make_applicant("nobody"), {}, False),
    (domain("fabrikam.example", test="under"), JOHN, {}, True),
    (domain("fabrikam.example", test="under"), PLAIN, {}, True),
    (domain("fabrikam.example", test="under"), make_applicant("x@evilfabrikam.example"), {}, False),
    (domain("*.fabrikam.*", test="wildcard"), JOHN, {}, True),
    (domain("*.fabrikam.*", test="wildcard"), PLAIN, {}, False),
    ({"subject": "email_domain", "test": "in_list", "list": "partners"}, JOHN, {"lists": PARTNERS}, True),
    ({"subject": "email_domain", "test": "in_list", "list": "partners"}, PLAIN, {"lists": PARTNERS}, False),
    ({"subject": "email_domain", "test": "in_list", "list": "partners"}, JOHN, {}, None),
    ({"subject": "email_domain", "test": "in_list", "list": "partners", "not": True}, JOHN, {}, None),
    (issuer("google"), GOOGLE, {}, True),
    (issuer("Google.com"), GOOGLE, {}, True),
    (issuer("facebook", "mail"), GOOGLE, {}, False),
    (issuer("microsoft"), PLAIN, {}, True),
    (issuer("microsoft"), GOOGLE, {}, False),
    (issuer("microsoft"), IMPOSTOR, {}, False),
    (issuer("login.fabrikam.example"), make_applicant(identities=(make_identity("Login.Fabrikam.example"),)), {}, True),
    (claim("jobTitle", "present"), JOHN, {}, True),
    (claim("jobTitle", "present"), PLAIN, {}, False),
    (claim("jobTitle", "present", **{"not": True}), PLAIN, {}, True),
    (claim("jobTitle", "present"), make_applicant(jobTitle="  "), {}, False),
    (claim("surname", "equals", value="Smith"), PLAIN, {}, True),
    (claim("surname", "equals", value="smith"), PLAIN, {}, False),
    (claim("surname", "equals", value="SMITH", ignore_case=True), PLAIN, {}, True),
    (claim("surname", "equals", value="Müller"), make_applicant(surname="Mu\u0308ller"), {}, True),
    (claim("jobTitle", "equals", value="x", **{"not": True}), PLAIN, {}, True),
    (claim("email", "equals", value="john@DE.fabrikam.example"), JOHN, {}, True),
    (claim(EXTENSION, "equals", value=7), JOHN, {}, True),
    (claim(EXTENSION, "equals", value="7"), JOHN, {}, True),
    (claim(EXTENSION, "equals", value=True), BOOLEAN, {}, True),
    (claim(EXTENSION, "equals", value=1), BOOLEAN, {}, False),
    (claim("surname", "one_of", values=["Jones", "Smith"]), PLAIN, {}, True),
    (claim("surname", "one_of", values=["Jones"]), PLAIN, {}, False),
    (claim("jobTitle", "matches", pattern="of"), JOHN, {}, True),
    (claim("jobTitle", "matches", pattern="^of"), JOHN, {}, False),
    (claim("jobTitle", "matches", pattern="head"), JOHN, {}, False),
    (claim("jobTitle", "matches", pattern="head", ignore_case=True), JOHN, {}, True),
    (claim("email", "matches", pattern="^John@"), JOHN, {}, True),
    (claim("jobTitle", "matches", pattern="."), PLAIN, {}, False),
    (claim("jobTitle", "matches", pattern="x"), make_applicant(jobTitle="x" * 2000), {}, None),
    (claim("jobTitle", "length", min=5), JOHN, {}, True),
    (claim("jobTitle", "length", max=5), JOHN, {}, False),
    (claim("jobTitle", "length", min=10, max=10), JOHN, {}, True),
    (claim("jobTitle", "length", min=0), PLAIN, {}, False),
    (claim("jobTitle", "length", min=5, **{"not": True}), PLAIN, {}, True),
    (claim("postalCode", "number", min=1000, max=1999), JOHN, {}, True),
    (claim(EXTENSION, "number", min=7, max=7), JOHN, {}, True),
    (claim(EXTENSION, "number", min=7.5), JOHN, {}, False),
    (claim(EXTENSION, "number", max=100), BOOLEAN, {}, False),
    (claim("jobTitle", "number", min=0), JOHN, {}, False),
    (claim("postalCode", "number", min=0), make_applicant(postalCode="٣"), {}, False),
    (language("de"), AUSTRIAN, {}, True),
    (language("de-at"), AUSTRIAN, {}, True),
    (language("de-CH"), AUSTRIAN, {}, False),
    (language("fr"), AUSTRIAN, {}, False),
    (language("de"), make_applicant(locales=()), {}, False),
    (before("denied"), PLAIN, {"earlier": lambda: [earlier("denied")]}, True),
    (before("denied"), PLAIN, {"earlier": lambda: [earlier("approved")]}, False),
    (before("denied"), PLAIN, {"earlier": lambda: [earlier("denied", this_flow=False)]}, False),
    (before("denied", where="any_flow"), PLAIN, {"earlier": lambda: [earlier("denied", this_flow=False)]}, True),
    (before("approved", where="other_flow"), PLAIN, {"earlier": lambda: [earlier("approved")]}, False),
    (before("denied", within_days=90), PLAIN, {"earlier": lambda: [earlier("denied", days_ago=91)]}, False),
    (before("denied", within_days=90), PLAIN, {"earlier": lambda: [earlier("denied", days_ago=89)]}, True),
    (before("denied"), PLAIN, {"earlier": raising}, None),
    (before("denied", **{"not": True}), PLAIN, {"earlier": raising}, None),
    ({"subject": "hint", "test": "one_of", "values": ["disposable"]}, PLAIN, {"hints": lambda: {"disposable"}}, True),
    ({"subject": "hint", "test": "one_of", "values": ["look_alike"]}, PLAIN, {"hints": lambda: {"disposable"}}, False),
    ({"subject": "hint", "test": "one_of", "values": ["look_alike"]}, PLAIN, {"hints": raising}, None),
    ({"subject": "verification", "test": "one_of", "values": ["passed"]}, PLAIN, {"verification": "passed"}, True),
    ({"subject": "verification", "test": "one_of", "values": ["passed"]}, PLAIN, {"verification": "asking"}, False),
    ({"subject": "verification", "test": "one_of", "values": ["none"]}, PLAIN, {}, True),
]


@pytest.mark.parametrize(("raw", "applicant", "known", "holds"), TABLE)
def test_it_holds_or_not(raw: dict[str, Any], applicant: Any, known: dict[str, Any], holds: bool | None) -> None:
    assert condition(raw).look(facts(applicant, **known)).holds is holds


def test_the_table_has_every_kind() -> None:
    kinds = {(subject, test) for subject, tests in FORMS.items() for test in tests}
    assert {(raw["subject"], raw["test"]) for raw, *_rest in TABLE} == kinds


def test_it_says_which_of_the_values_was_found() -> None:
    found = condition(domain("contoso.example", "fabrikam.example", test="under")).look(facts(JOHN))
    assert found == Result(True, "fabrikam.example")


def test_it_says_why_it_cannot_be_decided() -> None:
    missing = {"subject": "email_domain", "test": "in_list", "list": "gone"}
    assert condition(missing).look(facts()) == Result(None, fault="no_list")
    assert condition(before("denied")).look(facts(earlier=raising)) == Result(None, fault="failed")


def test_a_lookup_is_made_once_and_only_when_it_is_needed() -> None:
    asked: list[str] = []

    def hints() -> set[str]:
        asked.append("hints")
        return {"disposable"}

    known = facts(hints=hints)
    condition(domain("fabrikam.example")).look(known)
    assert asked == []
    for _time in range(2):
        condition({"subject": "hint", "test": "one_of", "values": ["disposable"]}).look(known)
    assert asked == ["hints"]


HOSTILE = [
    ("(a+)+$", "a" * 1000 + "b"),
    ("(a?){100}a{100}", "a" * 1024),
    ("(.?){90}$", "é" * 1024),
    ("(?:[ab]?[bc]?.?){60}q", "ab" * 512),
    ("(((a{0,9}){0,6}){0,6})b", "a" * 1024),
    ("(x*)*" * 60 + "y", "x" * 1024),
    ("(.*)(.*)(.*)(.*)(.*)[^z]$", "z" * 1024),
]


@pytest.mark.parametrize(("written", "value"), HOSTILE)
def test_a_hostile_pattern_and_value_cost_little(written: str, value: str) -> None:
    """Under 10 ms, where Python's own engine would take until the end of the world for some of them."""
    pattern, took = Pattern(written), []
    for _round in range(5):
        began = time.thread_time()
        pattern.found_in(value)
        took.append(time.thread_time() - began)
    assert min(took) < 0.010


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("(", "no_pattern"),
        ("a{1001}", "no_pattern"),
        (r"(a)\1", "no_pattern"),
        ("(?=a)", "no_pattern"),
        ("((((a{1,100}){1,100}){1,100}))", "no_pattern"),
        (r"\pL{500}", "too_large"),
        (".{0,500}x.{0,400}", "too_large"),
        ("(.?){200}a", "too_large"),
        ("a" * 501, "too_long"),
        ("\ud800", "no_pattern"),
    ],
)
def test_it_refuses_a_pattern_that_could_cost_more(written: str, code: str) -> None:
    with pytest.raises(BadPattern) as refused:
        Pattern(written)
    assert refused.value.code == code
