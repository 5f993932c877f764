"""What is odd about a name, and the many names that only look so to somebody from elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.hints.names import contact_in, imitated, keys_of, mixed_word

PEOPLE = [
    "John Smith",
    "john.smith",
    "anna.link",
    "Anna Berg-Lindström",
    "O'Neill",
    "Seán Ó'Briain",
    "J.R.R. Tolkien",
    "Dr.med. Jürgen Müller",
    "Prof. Dr. h.c. Groß, M.Sc.",
    "Maria.de Souza",
    "John Smith, B.Com",
    "Smith/Jones",
    "St.John",
    "Jean-Luc d'Arc",
    "Anna (HR) 2",
    "Class of 1999-2004",
    "山田太郎",
    "山田 タロウ",
    "やまだJohn",
    "김철수",
    "Γιώργος Παπαδόπουλος",
    "Иванов Пётр",
    "Иванов (Ivanov)",
    "Мария-Anna",
    "Đặng Thị Hà",
    "Łukasz Żółć",
    "İlker Çağ",
    "مريم",
    "שרה",
    "अनिल कुमार",
    "สมชาย",
    "Zoë",
    "5µm Optics",
    "",
    "?",
]


@pytest.mark.parametrize("name", PEOPLE)
def test_it_finds_nothing_odd_about_people(name: str) -> None:
    assert contact_in(name) is None
    assert mixed_word(name) is None


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Anna https://evil.example/x", "link"),
        ("HTTP://EVIL", "link"),
        ("Anna www.evil.example", "link"),
        ("Win now: evil.com", "link"),
        ("bit.ly/2abc", "link"),
        ("see t.me/abc", "link"),
        ("fabrikam.co.uk/login", "link"),
        ("anna@fabrikam.com", "address"),
        ("Anna <anna@fabrikam.example>", "address"),
        ("Anna +49 170 1234567", "phone"),
        ("call 0800-555-0100", "phone"),
        ("(425) 555-0100 12", "phone"),
    ],
)
def test_it_finds_links_addresses_and_numbers(name: str, kind: str) -> None:
    assert contact_in(name) == kind


@pytest.mark.parametrize(
    ("name", "scripts"),
    [
        ("\u0410nna Berg", ("CYRILLIC", "LATIN")),
        ("J\u043ehn", ("CYRILLIC", "LATIN")),
        ("J\u200b\u043ehn", ("CYRILLIC", "LATIN")),
        ("Anna Be\u0440g", ("CYRILLIC", "LATIN")),
        ("\u039fmar", ("GREEK", "LATIN")),
        ("山\u0430", ("CYRILLIC", "HAN")),
    ],
)
def test_it_finds_letters_that_no_language_writes_together(name: str, scripts: tuple[str, ...]) -> None:
    found = mixed_word(name)
    assert found is not None
    assert found.scripts == scripts


@pytest.mark.parametrize(
    "name",
    [
        "Anna Berg",
        "anna  BERG",
        "Berg, Anna",
        "AnnaBerg",
        "Ánna Bérg",
        "\u0410nna Berg",
        "Ann\u0430 B\u0435rg",
        "Anna\u200b Berg",
        "\uff21nna Berg",
        "\U0001d400nna \U0001d401erg",
    ],
)
def test_it_knows_a_colleague_however_the_name_is_written(name: str) -> None:
    assert imitated([name], dict.fromkeys(keys_of("Anna Berg"), "anna")) == "anna"


@pytest.mark.parametrize(
    ("name", "colleague"), [("lan Miller", "Ian Miller"), ("Emi1 0tt", "Emil Ott"), ("Bemd Ott", "Bernd Ott")]
)
def test_it_sees_the_letters_that_are_mistaken_for_others(name: str, colleague: str) -> None:
    assert keys_of(name) & keys_of(colleague)


@pytest.mark.parametrize("name", ["Anna", "Anna Bergmann", "Anne Berg", "Anna Maria Berg", "Ben Ito", "", "7"])
def test_it_takes_nobody_else_for_the_colleague(name: str) -> None:
    assert imitated([name], dict.fromkeys(keys_of("Anna Berg"), "anna")) is None


def test_it_keeps_two_japanese_names_apart() -> None:
    assert not keys_of("ヤマダ タロウ") & keys_of("ヤマタ タロウ")


def test_it_compares_no_short_single_name() -> None:
    assert keys_of("Anna") == frozenset()
    assert keys_of("Madonna") != frozenset()


@given(st.text(max_size=400))
def test_it_never_raises_for_any_name(name: str) -> None:
    assert contact_in(name) in (None, "link", "address", "phone")
    mixed_word(name)
    # Whoever has a name that can be compared is found by it.
    assert bool(imitated([name], dict.fromkeys(keys_of(name), name))) == bool(keys_of(name))


@given(st.text(alphabet="+0123456789 ().-/@aw:", max_size=400))
def test_it_never_raises_for_what_is_nearly_a_number_or_link(name: str) -> None:
    assert contact_in(name) in (None, "link", "address", "phone")
