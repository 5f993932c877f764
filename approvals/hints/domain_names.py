"""Mail domains as they are compared: in lower case and in punycode, and cut into the name and the ending it is under."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import idna

if TYPE_CHECKING:
    from tldextract import TLDExtract

LONGEST = 320
# Dots and blanks after the last letter, in any order.
_END = re.compile(r"[\s.]+\Z")

# Everybody may have a name below these, though the public list does not have them.
_SHARED = ("onmicrosoft.com",)


@dataclass(frozen=True)
class Site:
    """A domain cut where somebody can buy one: `mail` below `fabrikam` under `co.uk`. All as people read them."""

    below: tuple[str, ...]
    name: str
    ending: str

    @property
    def domain(self) -> str:
        """`fabrikam.co.uk`."""
        return f"{self.name}.{self.ending}"


def domain_of(address: str) -> str:
    """The domain of a mail address, as `in_punycode` writes it."""
    return in_punycode(address.rpartition("@")[2])


def in_punycode(domain: str) -> str:
    """The domain in lower case and in punycode; one that has no such form, as it is in lower case."""
    plain = _END.sub("", domain.strip().lower()[:LONGEST])
    try:
        return idna.encode(plain, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        return plain


def as_read(domain: str) -> str:
    """The domain with every label of punycode decoded, also those that nobody should have been able to register."""
    return ".".join(_decoded(label) for label in domain.split("."))


def parents(domain: str) -> list[str]:
    """The domain and those above it, but for the last label: `a.b.example` and `b.example`."""
    labels = domain.split(".")
    return [".".join(labels[start:]) for start in range(max(len(labels) - 1, 1))]


def site_of(domain: str) -> Site:
    """Where the domain can be cut. An ending that nobody knows is one label, as `example` is."""
    labels = as_read(domain).split(".")
    known = len(_public_endings()(domain).suffix.split(".")) if _public_endings()(domain).suffix else 1
    cut = max(len(labels) - known, 0)
    return Site(tuple(labels[: max(cut - 1, 0)]), labels[cut - 1] if cut else "", ".".join(labels[cut:]))


def is_known_ending(label: str) -> bool:
    """Whether domains end like this, such as `com` or `co.uk`."""
    return bool(label) and _public_endings()(f"x.{label}").suffix == label


def _decoded(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return idna.decode(label)
    except (idna.IDNAError, UnicodeError):
        return _plainly_decoded(label)


def _plainly_decoded(label: str) -> str:
    try:
        read = label[4:].encode("ascii").decode("punycode")
        # Half of a pair of surrogates is no text that could be kept or shown.
        read.encode()
    except (ValueError, OverflowError):
        return label
    return read


@cache
def _public_endings() -> TLDExtract:
    """The public list of endings that comes with the package: never fetched, 3 MB, and loaded when it is first asked."""
    from tldextract import TLDExtract

    return TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True, extra_suffixes=_SHARED)
