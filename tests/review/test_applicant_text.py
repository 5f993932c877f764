"""What an applicant typed, as the pages show it: ordinary text as it is, hidden characters as chips."""

from __future__ import annotations

import pytest

from approvals.templatetags.applicant_text import breakable, visible

ORDINARY = {
    "a family": "👨‍👩‍👧‍👦",
    "a profession with a skin tone": "👩🏽‍⚕️",
    "a flag of two": "🏳️‍🌈",
    "a head that shakes": "🙂‍↔️",
    "a heart as a picture": "❤️",
    "a heart as text": "❤︎",
    "a keycap": "1️⃣",
    "an ideograph of a certain form": "葛\U000e0100城",
}
HIDING = {
    "a joiner between letters": ("a\u200db", "ZWJ"),
    "a joiner after an emoji": ("👨\u200da", "ZWJ"),
    "a joiner before an emoji": ("a\u200d👨", "ZWJ"),
    "a joiner at the beginning": ("\u200d👨", "ZWJ"),
    "a joiner at the end": ("👨\u200d", "ZWJ"),
    "two joiners": ("👨\u200d\u200d👩", "ZWJ"),
    "a joiner after a skin tone alone": ("\U0001f3fd\u200d👨", "ZWJ"),
    "a style of a letter": ("a\ufe0f", "VS16"),
    "a style of a digit": ("1\ufe0e", "VS15"),
    "a style of nothing": ("\ufe0f", "VS16"),
    "a style of a style": ("❤\ufe0f\ufe0f", "VS16"),
    "another variant of a symbol": ("❤\ufe00", "U+FE00"),
    "an ideograph's form of a letter": ("a\U000e0101", "U+E0101"),
}


@pytest.mark.parametrize("text", ORDINARY.values(), ids=ORDINARY)
def test_it_leaves_what_makes_a_picture_as_it_is(text) -> None:
    assert visible(f"Ann {text} B") == f"Ann {text} B"


@pytest.mark.parametrize(("text", "label"), HIDING.values(), ids=HIDING)
def test_it_shows_what_hides_in_a_text(text, label) -> None:
    assert f">{label}</code>" in visible(text)


def test_it_lets_addresses_break_behind_dots_and_the_at() -> None:
    assert breakable("j.smith@lamna.example") == "j.<wbr>smith@<wbr>lamna.<wbr>example"
    assert breakable("lamna..") == "lamna.."
    assert breakable("") == ""


def test_it_keeps_addresses_inert() -> None:
    assert breakable("<b>.\u202e@x") == '&lt;b&gt;.<wbr><code class="chip" title="Hidden character">RLO</code>@<wbr>x'
