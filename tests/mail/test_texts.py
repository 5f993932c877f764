"""What an applicant reads on Entra's pages."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.models import UserFlow
from approvals.texts import LONGEST, PLACEHOLDERS, block_text, check_texts, date_text, field_label, validation_text

DOCUMENTED = Path(__file__).parents[2] / "docs" / "texts.md"
LANGUAGES = ["en", "es", "de", "fr", "nl", "pt"]
BLOCK_KEYS = [
    *("recorded", "waiting", "denied", "denied_may_reapply", "approved", "refused", "not_verified"),
    *("problem", "try_again"),
]
VALUES = {"reference": "K7Q-4MD9", "since": "20 November 2026", "date": "1 December 2026", "code": "no_email"}


def make(contact: str = "access@contoso.example", **fields: Any) -> UserFlow:
    """A flow that is in no database: these texts need none."""
    return UserFlow(slug="partners", name="Partners", contact=contact, **fields)


def test_it_says_since_when_a_request_waits_and_under_which_reference() -> None:
    text = block_text(make(), "waiting", "en", reference="K7Q-4MD9", since="20 November 2026")
    assert text == (
        "Your request has been waiting for approval since 20 November 2026. We will email you the decision; "
        "you do not need to sign up again. Your reference is K7Q-4MD9. Questions? access@contoso.example"
    )


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", BLOCK_KEYS)
def test_it_fits_and_leaves_no_placeholder_in_any_language(key, language) -> None:
    reason = "We only give access to employees of approved suppliers. " * 30
    text = block_text(make(), key, language, reason=reason, **VALUES)
    assert len(text) <= LONGEST
    assert "{" not in text
    assert "access@contoso.example" in text
    if "reference" in PLACEHOLDERS[key]:
        assert "K7Q-4MD9" in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", BLOCK_KEYS)
def test_it_leaves_no_dangling_words_without_a_contact(key, language) -> None:
    with_contact = block_text(make("CONTACT"), key, language, **VALUES)
    assert block_text(make(""), key, language, **VALUES) == with_contact[: with_contact.rindex(".") + 1]


def test_it_says_the_same_in_other_words_in_each_language() -> None:
    assert len({block_text(make(), "recorded", language, **VALUES) for language in LANGUAGES}) == len(LANGUAGES)


def test_it_shortens_the_reason_and_keeps_what_follows() -> None:
    text = block_text(make(), "denied", "en", reference="K7Q-4MD9", reason="Because of the rules. " * 100)
    assert len(text) <= LONGEST
    assert "Because of the rules" in text
    assert "… Your reference is K7Q-4MD9. Questions? access@contoso.example" in text


def test_it_gives_up_a_very_long_contact_before_the_reference() -> None:
    text = block_text(make("c" * 200), "denied", "en", reference="K7Q-4MD9", reason="Because of the rules. " * 100)
    assert len(text) <= LONGEST
    assert "K7Q-4MD9" in text
    assert "ccc" not in text


def test_it_leaves_out_the_reason_when_there_is_none() -> None:
    assert "Reason" not in block_text(make(), "denied", "en", reference="K7Q-4MD9", reason="")


@pytest.mark.parametrize(("reason", "told"), [("Not a supplier", "Not a supplier. Your"), ("Sorry!", "Sorry! Your")])
def test_it_ends_the_reason_as_a_sentence(reason, told) -> None:
    assert f"Reason: {told}" in block_text(make(), "denied", "en", reference="K7Q-4MD9", reason=reason)


def test_it_removes_control_characters_and_direction_marks_from_values() -> None:
    text = block_text(make(), "denied", "en", reference="K7Q-4MD9", reason="a\x00b\r\nc\u202ed\ud800e\tf")
    assert "Reason: ab cde f." in text


def test_it_does_not_fill_placeholders_that_stand_in_a_value() -> None:
    assert "Reason: {contact}{0.__class__} " in block_text(
        make(), "denied", "en", reference="K7Q-4MD9", reason="{contact}{0.__class__}"
    )


def test_it_prefers_the_flows_own_text() -> None:
    flow = make(texts={"de": {"waiting": "Geduld bis {since}, {reference}. Fragen? {contact}"}})
    assert block_text(flow, "waiting", "de", **VALUES).startswith("Geduld bis 20 November 2026, K7Q-4MD9. Fragen? acc")
    assert block_text(flow, "waiting", "en", **VALUES) == block_text(make(), "waiting", "en", **VALUES)
    assert block_text(flow, "denied", "de", **VALUES) == block_text(make(), "denied", "de", **VALUES)


def test_it_knows_the_flow_and_its_days_in_an_own_text() -> None:
    flow = make(texts={"en": {"denied_may_reapply": "{flow}: come back in {days} days."}}, reapply_after_days=14)
    assert block_text(flow, "denied_may_reapply", "en", **VALUES) == "Partners: come back in 14 days."


def test_it_leaves_unknown_placeholders_and_attribute_access_alone() -> None:
    flow = make(texts={"en": {"waiting": "{nobody} {reference.__class__} {} {0} {reference}"}})
    assert block_text(flow, "waiting", "en", **VALUES) == "{nobody} {reference.__class__} {} {0} K7Q-4MD9"


@pytest.mark.parametrize("contact", ["", "access@contoso.example"])
def test_it_drops_only_the_sentence_that_has_no_value(contact) -> None:
    flow = make(contact, texts={"en": {"waiting": "Please wait. Is it urgent? Call {contact}. Thank you!"}})
    expected = (
        "Please wait. Is it urgent? Call access@contoso.example. Thank you!" if contact else "Please wait. Thank you!"
    )
    assert block_text(flow, "waiting", "en", **VALUES) == expected


def test_it_falls_back_to_the_shipped_text_when_nothing_of_the_own_one_is_left() -> None:
    flow = make("", texts={"en": {"waiting": "Ask {contact}"}})
    assert block_text(flow, "waiting", "en", **VALUES) == block_text(make(""), "waiting", "en", **VALUES)


@pytest.mark.parametrize(
    "texts", [None, [], "x", {"en": None}, {"en": []}, {"en": {"waiting": None}}, {"en": {"waiting": 7}}]
)
def test_it_survives_whatever_shape_the_own_texts_have(texts) -> None:
    assert block_text(make(texts=texts), "waiting", "en", **VALUES) == block_text(make(), "waiting", "en", **VALUES)


def test_it_needs_no_flow_to_ask_for_another_try() -> None:
    assert (
        block_text(None, "try_again", "nl")
        == "Sorry, er is bij ons iets misgegaan. Probeer het over enkele minuten opnieuw."
    )


def test_it_speaks_english_in_a_language_that_does_not_ship() -> None:
    assert block_text(make(), "try_again", "xx") == block_text(make(), "try_again", "en")


def test_it_refuses_a_situation_that_does_not_exist() -> None:
    with pytest.raises(KeyError):
        block_text(make(), "nothing", "en")


@pytest.mark.parametrize(
    ("key", "values", "expected"),
    [
        ("too_long", {"limit": 64}, "Vorname: Bitte verwenden Sie höchstens 64 Zeichen."),
        (
            "bad_characters",
            {},
            "Vorname: Die Eingabe enthält Zeichen, die nicht verwendet werden können. Bitte geben Sie sie neu ein.",
        ),
        ("wrong_form", {}, "Vorname: Bitte prüfen Sie diese Angabe."),
    ],
)
def test_it_says_what_is_wrong_with_a_field(key, values, expected) -> None:
    assert validation_text(make(), key, "de", field="givenName", **values) == expected


@pytest.mark.parametrize(
    ("name", "language", "label"),
    [
        ("jobTitle", "fr", "Fonction"),
        ("postalCode", "es", "Código postal"),
        ("extension_831374b3bd5041bfaa54263ec9e050fc_FavouriteColour", "de", "Favourite Colour"),
        ("extension_831374b3bd5041bfaa54263ec9e050fc_reason_for_access", "en", "reason for access"),
        ("somethingNew", "en", "something New"),
    ],
)
def test_it_names_a_field_as_the_applicant_knows_it(name, language, label) -> None:
    assert field_label(name, language) == label


def test_it_keeps_an_endless_field_name_short() -> None:
    assert len(field_label("extension_" + "0" * 32 + "_" + "a" * 500, "en")) == 60


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "1 March 2026"),
        ("es", "1 de marzo de 2026"),
        ("de", "1. März 2026"),
        ("fr", "1 mars 2026"),
        ("nl", "1 maart 2026"),
        ("pt", "1 de março de 2026"),
    ],
)
def test_it_writes_a_date_as_the_language_does(language, expected) -> None:
    assert date_text(datetime(2026, 3, 1, 23, 30, tzinfo=UTC), language) == expected


@given(own=st.text(), reason=st.text(max_size=2500), contact=st.text(max_size=200), key=st.sampled_from(BLOCK_KEYS))
def test_it_is_always_one_short_clean_line(own, reason, contact, key) -> None:
    flow = make(contact, texts={"en": {key: own}})
    text = block_text(flow, key, "en", reason=reason, **VALUES)
    assert 0 < len(text) <= LONGEST
    assert not [c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp")]


def test_it_documents_every_text_and_its_placeholders() -> None:
    rows = re.findall(r"^\| `(\w+)` \|.*\|(.*)\|$", DOCUMENTED.read_text(), re.MULTILINE)
    assert {key: set(re.findall(r"\{(\w+)\}", names)) for key, names in rows} == {
        key: set(names) - {"contact", "flow"} for key, names in PLACEHOLDERS.items()
    }


def test_it_accepts_own_texts_that_can_be_used() -> None:
    assert check_texts({"de": {"waiting": "{reference} {since} {contact} {flow}", "mail_denied": "x" * 1500}}) == []


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ([], "Texts must be given per language."),
        ({"xx": {}}, "xx: no such language."),
        ({"de": "x"}, "de: texts must be given per situation."),
        ({"de": {"later": "x"}}, "de: later: no such text."),
        ({"de": {"waiting": ["x"]}}, "de: waiting: this must be a text."),
        ({"de": {"waiting": "x" * 301}}, "de: waiting: at most 300 characters."),
        ({"de": {"waiting": "{reason} {since}"}}, "de: waiting: nothing is known as {reason} here."),
    ],
)
def test_it_tells_the_administrator_what_is_wrong_with_own_texts(texts, problem) -> None:
    assert check_texts(texts) == [problem]
