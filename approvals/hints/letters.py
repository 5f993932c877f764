"""Which letters look like which, and which script they are of."""

from __future__ import annotations

import json
import unicodedata
from functools import cache
from importlib.resources import files

from confusable_homoglyphs import categories

# Letters that no decomposition takes apart.
_PLAIN = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "\u0131": "i"}
# What two letters side by side, or a digit, are taken for at a glance.
_AT_A_GLANCE = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("|", "l"))
_OF_NO_SCRIPT = frozenset({"COMMON", "INHERITED", "UNKNOWN"})
_MIXED_BY_HABIT = (
    frozenset({"LATIN", "HAN", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "HAN", "BOPOMOFO"}),
    frozenset({"LATIN", "HAN", "HANGUL"}),
)


def skeleton(text: str) -> str:
    """What the text looks like, in plain small letters: equal for two texts that the eye confuses."""
    same = unicodedata.normalize("NFKD", text)
    plain = "".join(_plain(letter) for letter in without_marks(same)).casefold()
    for pair, single in _AT_A_GLANCE:
        plain = plain.replace(pair, single)
    return plain


def without_marks(text: str) -> str:
    """The text without accents and without what is not seen. Other marks, such as those of kana, tell letters apart."""
    apart = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", "".join(c for c in apart if not _is_mark(c)))


def scripts(text: str) -> frozenset[str]:
    """The scripts that the letters are of, such as `LATIN` and `CYRILLIC`; digits and signs are of none."""
    return frozenset(categories.alias(c).upper() for c in text) - _OF_NO_SCRIPT


def are_mixed(found: frozenset[str]) -> bool:
    """Whether no language writes a word with letters of all these scripts. Japanese uses four of them."""
    return len(found) > 1 and not any(found <= habit for habit in _MIXED_BY_HABIT)


def _is_mark(character: str) -> bool:
    accent, variant = "\u0300" <= character <= "\u036f", "\ufe00" <= character <= "\ufe0f"
    return accent or variant or unicodedata.category(character) in ("Me", "Cf")


def _plain(letter: str) -> str:
    return letter if letter.isascii() else _look_alikes().get(letter, _PLAIN.get(letter.lower(), letter))


@cache
def _look_alikes() -> dict[str, str]:
    """The letter or digit that each letter from elsewhere looks like.

    The package's own table holds the name of every letter, some 15 MB; what is kept of it here is less than one.
    """
    table = json.loads(files("confusable_homoglyphs").joinpath("confusables.json").read_text("utf-8"))
    found = {}
    for letter, likes in table.items():
        plain = [like["c"] for like in likes if like["c"].isascii() and like["c"].isalnum()]
        if plain and len(letter) == 1 and not letter.isascii():
            found[letter] = plain[0]
    return found
