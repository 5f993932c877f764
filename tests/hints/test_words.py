"""Hints in words, and for whom."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from approvals.hints import CODES
from approvals.hints.words import Shown, level_of, shown

FLOWS = {1: "Partners", 2: "Suppliers", 3: "Press"}
FABRLKAM = {"domain": "fabrlkam.com", "partner": "fabrikam.com"}
DECODED = {"domain": "xn--fbrikam-2fg.com", "partner": "fabrikam.com", "how": "letters"}
ELSEWHERE = [
    {"flow": 9, "reference": "9AA-AAAA", "denied": True},
    {"flow": 2, "reference": "2BB-BBBB", "denied": False},
    {"flow": 3, "reference": "3CC-CCCC", "denied": False},
]
SENTENCES: list[tuple[str, dict[str, Any], str]] = [
    (
        "look_alike",
        {**FABRLKAM, "how": "edit", "letters": 1},
        "The domain fabrlkam.com looks like fabrikam.com, a known partner: it differs in one letter.",
    ),
    (
        "look_alike",
        {**FABRLKAM, "how": "edit", "letters": 2},
        "The domain fabrlkam.com looks like fabrikam.com, a known partner: it differs in 2 letters.",
    ),
    (
        "look_alike",
        {**FABRLKAM, "how": "letters"},
        (
            "The domain fabrlkam.com looks like fabrikam.com, a known partner: some of its letters or digits are easily "
            "mistaken for others."
        ),
    ),
    (
        "look_alike",
        {"domain": "fabrikam.co", "partner": "fabrikam.com", "how": "ending"},
        "The domain fabrikam.co has the name of fabrikam.com, a known partner, and another ending.",
    ),
    (
        "look_alike",
        {"domain": "fabrikam.com.evil.net", "partner": "fabrikam.com", "how": "inside"},
        "The domain fabrikam.com.evil.net contains fabrikam.com, a known partner, but lies under another domain.",
    ),
    (
        "look_alike",
        {**DECODED, "decoded": "f\u0430brikam.com"},
        (
            "The domain xn--fbrikam-2fg.com reads f\u0430brikam.com, with letters from another script. It looks like "
            "fabrikam.com, a known partner."
        ),
    ),
    (
        "look_alike",
        {**DECODED, "decoded": "fàbrikam.com"},
        "The domain xn--fbrikam-2fg.com reads fàbrikam.com. It looks like fabrikam.com, a known partner.",
    ),
    ("imitates_colleague", {"name": "Anna Berg"}, "The name looks like that of Anna Berg, who reviews requests here."),
    (
        "denied_before",
        {"reference": "K7Q-4MD9", "count": 1},
        "This person was denied before, as K7Q-4MD9.",
    ),
    (
        "denied_before",
        {"reference": "K7Q-4MD9", "count": 3},
        "This person was denied 3 times before, last as K7Q-4MD9.",
    ),
    (
        "disposable",
        {"domain": "mailinator.com", "listed": "mailinator.com"},
        "Addresses at mailinator.com are thrown away after use: it is a disposable mail service.",
    ),
    (
        "disposable",
        {"domain": "x.mailinator.com", "listed": "mailinator.com"},
        "Addresses at x.mailinator.com are thrown away after use: mailinator.com is a disposable mail service.",
    ),
    (
        "mixed_scripts",
        {"where": "name", "word": "J\u043ehn", "scripts": ["CYRILLIC", "LATIN"]},
        "The name has letters of different scripts in one word, J\u043ehn: Cyrillic, Latin.",
    ),
    (
        "mixed_scripts",
        {"where": "domain", "word": "x\u10d0", "scripts": ["GEORGIAN", "LATIN"], "domain": "xn--x-.com"},
        "The domain xn--x-.com has letters of different scripts in one word, x\u10d0: Georgian, Latin.",
    ),
    ("link_in_name", {"found": "link"}, "The name contains a link."),
    ("link_in_name", {"found": "address"}, "The name contains a mail address."),
    ("link_in_name", {"found": "phone"}, "The name contains a telephone number."),
    (
        "unusual_volume",
        {"domain": "x.example", "count": 40, "usual": 0},
        "40 requests came from x.example within a day, and hardly any in the weeks before.",
    ),
    (
        "unusual_volume",
        {"domain": "x.example", "count": 40, "usual": 3},
        "40 requests came from x.example within a day; usual are 3.",
    ),
    (
        "free_mail",
        {"domain": "gmail.com"},
        "Anybody can have an address at gmail.com, and this user flow expects people from organisations.",
    ),
    (
        "same_person_elsewhere",
        {"requests": ELSEWHERE[1:2]},
        "The same person also asked in Suppliers, as 2BB-BBBB.",
    ),
    ("first_from_domain", {"domain": "x.example"}, "This is the first request from x.example."),
    (
        "first_from_domain",
        {"domain": "xn--mnchen-3ya.de", "decoded": "münchen.de"},
        "This is the first request from xn--mnchen-3ya.de, which reads münchen.de.",
    ),
]


def said(code: str, facts: Any, flows: dict[int, str] | None = None) -> list[str]:
    return [hint.sentence for hint in shown([{"code": code, "facts": facts}], FLOWS if flows is None else flows)]


@pytest.mark.parametrize(("code", "facts", "sentence"), SENTENCES)
def test_it_says_why(code: str, facts: dict[str, Any], sentence: str) -> None:
    assert said(code, facts) == [sentence]


def test_it_has_a_sentence_for_every_code() -> None:
    assert {code for code, _facts, _sentence in SENTENCES} == set(CODES)


def test_it_tells_of_the_flows_that_the_reader_reviews_and_of_no_other() -> None:
    facts = {"requests": ELSEWHERE}
    assert said("same_person_elsewhere", facts) == [
        "The same person also asked in 2 other user flows, last in Suppliers as 2BB-BBBB."
    ]
    assert said("same_person_elsewhere", facts, {3: "Press"}) == ["The same person also asked in Press, as 3CC-CCCC."]
    assert said("same_person_elsewhere", facts, {9: "Board", 3: "Press"}) == [
        "The same person also asked in Board, as 9AA-AAAA, and was denied there."
    ]
    assert said("same_person_elsewhere", facts, {1: "Partners"}) == []
    assert said("same_person_elsewhere", facts, {}) == []


def test_it_tells_what_is_worth_a_look_from_information() -> None:
    info = {code for code in CODES if level_of(code) == "info"}
    assert info == {"first_from_domain", "same_person_elsewhere"}
    assert [code for code in CODES if code in info] == list(CODES[-2:])


def test_it_takes_a_percent_sign_for_what_it_is() -> None:
    assert said("free_mail", {"domain": "100%(x)s.example"}) == [
        "Anybody can have an address at 100%(x)s.example, and this user flow expects people from organisations."
    ]


def test_it_speaks_every_language_that_is_offered(settings) -> None:
    for language, _name in settings.LANGUAGES:
        with override(language):
            for code, facts, _sentence in SENTENCES:
                assert said(code, facts)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=6,
)
facts_of_some_kind = st.dictionaries(
    st.sampled_from(
        ["domain", "decoded", "partner", "how", "letters", "count", "usual", "requests", "scripts", "where", "listed"]
    ),
    anything,
    max_size=6,
)


@given(st.sampled_from([*CODES, "of_another_release", ""]), facts_of_some_kind | anything)
def test_it_leaves_out_what_it_cannot_read_and_never_raises(code: str, facts: Any) -> None:
    for hint in shown([{"code": code, "facts": facts}, "x", None], FLOWS):
        assert isinstance(hint, Shown)
        assert hint.sentence
