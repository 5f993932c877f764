"""Mail domains, compared as the mail system does: whatever their case, and in punycode."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import idna

LONGEST = 253
LONGEST_WILDCARD = 255

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
_WILDCARD = re.compile(r"[a-z0-9_*-]+(?:\.[a-z0-9_*-]+)*")
# What maps letters to ASCII ones is IDNA's to say: a text that IDNA refuses must not turn into a domain here.
_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def of_address(email: str) -> str:
    """The normalised domain of a mail address: what follows its last @; empty when there is none."""
    before, at, domain = email.strip().rpartition("@")
    return normalise(domain) if at and before else ""


def normalise(domain: str) -> str:
    """The domain in lower case and punycode, without the dot at its end. Never raises.

    What is no domain stays as it is but for ASCII's letters in lower case: with a character that no domain has in
    punycode, it equals none.
    """
    bare = domain.strip().removesuffix(".").translate(_LOWER)
    if bare.isascii() or len(bare) > LONGEST:
        return bare
    try:
        return idna.encode(bare, uts46=True).decode("ascii").removesuffix(".")
    except (idna.IDNAError, UnicodeError):
        return bare


def parse(typed: str) -> str:
    """The normalised form of a domain that a person wrote. Raises ValueError for what is none."""
    domain = normalise(typed) if len(typed) <= LONGEST else ""
    if len(domain) > LONGEST or not _DOMAIN.fullmatch(domain):
        raise ValueError("no domain")
    return domain


def readable(domain: str) -> str:
    """The domain as people write it: decoded when it is punycode, else as it is. Never raises."""
    if "xn--" not in domain:
        return domain
    try:
        decoded = idna.decode(domain)
    except (idna.IDNAError, UnicodeError):
        return domain
    return decoded if normalise(decoded) == domain else domain


def with_parents(domain: str) -> Iterator[str]:
    """The domain and every domain that it is below."""
    while domain:
        yield domain
        domain = domain.partition(".")[2]


@dataclass(frozen=True)
class DomainSet:
    """Many domains at once, as a DomainList holds them: one that begins with a dot stands for every domain below it."""

    exact: frozenset[str] = frozenset()
    below: frozenset[str] = frozenset()

    @classmethod
    def of(cls, entries: Iterable[str]) -> DomainSet:
        """The set of these entries, which are normalised."""
        entries = [entry for entry in entries if isinstance(entry, str)]
        exact = frozenset(entry for entry in entries if not entry.startswith("."))
        return cls(exact, frozenset(entry[1:] for entry in entries if entry.startswith(".")))

    def find(self, domain: str) -> str | None:
        """The entry that speaks of this normalised domain; None when none does."""
        if not domain:
            return None
        if domain in self.exact:
            return domain
        parents = with_parents(domain.partition(".")[2]) if self.below else iter(())
        return next((f".{parent}" for parent in parents if parent in self.below), None)


@dataclass(frozen=True)
class Wildcard:
    """A domain with `*` for any characters, dots and none at all included. Its time grows with the domain's length alone."""

    written: str
    parts: tuple[str, ...] = field(compare=False)

    @classmethod
    def parse(cls, typed: str) -> Wildcard:
        """The wildcard that a person wrote. Raises ValueError for one that fits no domain, or each of them."""
        if len(typed) > LONGEST_WILDCARD:
            raise ValueError("too long")
        # A label with a `*` in it has no punycode; the others have.
        labels = typed.strip().removesuffix(".").translate(_LOWER).split(".")
        text = ".".join(label if "*" in label else normalise(label) for label in labels)
        if not _WILDCARD.fullmatch(text) or not re.search("[a-z0-9]", text):
            raise ValueError("no wildcard")
        return cls(text, tuple(text.split("*")))

    def fits(self, domain: str) -> bool:
        """Whether this normalised domain is of that form."""
        first, *rest = self.parts
        if not rest:
            return domain == first
        *middle, last = rest
        if not domain.startswith(first) or len(domain) < len(first) + len(last) or not domain.endswith(last):
            return False
        at, end = len(first), len(domain) - len(last)
        for part in middle:
            found = domain.find(part, at, end)
            if found < 0:
                return False
            at = found + len(part)
        return True
