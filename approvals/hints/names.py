"""What is odd about a name: a link in it, letters of two scripts in one word, or a colleague's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeVar

from approvals.hints.domain_names import is_known_ending
from approvals.hints.letters import are_mixed, scripts, skeleton, without_marks

LONGEST = 320
FEWEST_LETTERS = 6
_ADDRESS = re.compile(r"[^\s@]@[^\s@.]+\.[^\s@.]")
_LINK = re.compile(r"(https?|ftp)://|\bwww\.\w", re.IGNORECASE)
_WITH_PATH = re.compile(r"(?<![\w.])(?:[\w-]{1,63}\.){1,5}([a-z]{2,20})/\w", re.IGNORECASE)
_BARE = re.compile(r"(?<![\w.])(?:[\w-]{1,63}\.){0,4}[\w-]{3,63}\.([a-z]{2,20})(?![\w.-])", re.IGNORECASE)
# Endings that are no name and no particle of one: "Maria.de Souza", "Dr.med. Berg" and "anna.link" are people.
_TELLING = frozenset(
    ["com", "net", "org", "info", "biz", "io", "app", "xyz", "click", "site", "online", "shop", "store", "website"]
)
_NUMBER = re.compile(r"\+?\d[\d\s().\u2010-\u2015/-]{5,40}\d")
Colleague = TypeVar("Colleague")
_NO_LETTER = re.compile(r"[\W\d_]+")


@dataclass(frozen=True)
class Mixed:
    """A word with letters of several scripts."""

    word: str
    scripts: tuple[str, ...]


def contact_in(name: str) -> str | None:
    """`link`, `address` or `phone` when the name contains one: names of spam, and of attacks on whoever reads them."""
    text = name[:LONGEST]
    if _ADDRESS.search(text):
        return "address"
    if _LINK.search(text) or _has_domain(text):
        return "link"
    return "phone" if any(_is_phone(found[0]) for found in _NUMBER.finditer(text)) else None


def mixed_word(text: str) -> Mixed | None:
    """The first word whose letters no language writes together; names in two scripts, word by word, are none."""
    for word in _NO_LETTER.split(without_marks(text[:LONGEST])):
        found = scripts(word)
        if are_mixed(found):
            return Mixed(word, tuple(sorted(found)))
    return None


def keys_of(name: str) -> frozenset[str]:
    """What a name is compared by: as it looks, without accents, capitals and spaces, and whatever comes first.

    Nothing for a name that is too short to be anybody's in particular.
    """
    words = list(_words(name))
    if len(words) < 2 and sum(map(len, words)) < FEWEST_LETTERS:
        return frozenset()
    return frozenset({"".join(words), "".join(sorted(words))})


def imitated(names: Iterable[str], colleagues: Mapping[str, Colleague]) -> Colleague | None:
    """The colleague, of those by the keys of their names, whose name one of the names looks like."""
    keys = (key for name in names for key in keys_of(name))
    return next((colleagues[key] for key in keys if key in colleagues), None)


def _words(name: str) -> Iterator[str]:
    for word in _NO_LETTER.split(without_marks(_as_letters(name[:LONGEST]))):
        # A capital I looks like a small l.
        if looks := skeleton(word).replace("i", "l"):
            yield looks


def _as_letters(name: str) -> str:
    """The name with the digits that stand for letters in it."""
    return re.sub(r"(?<=[^\W\d_])[01]|[01](?=[^\W\d_])", lambda digit: "ol"[int(digit[0])], name)


def _has_domain(text: str) -> bool:
    if any(is_known_ending(found[1].lower()) for found in _WITH_PATH.finditer(text)):
        return True
    return any(found[1].lower() in _TELLING for found in _BARE.finditer(text))


def _is_phone(found: str) -> bool:
    """Whether it is a number that one can call: years and numbers after a name are shorter, or begin otherwise."""
    digits = sum(c.isdigit() for c in found)
    return digits >= (7 if found.startswith(("+", "0")) else 9)
