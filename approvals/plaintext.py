"""Making what people typed fit to be shown as plain text."""

from __future__ import annotations

import re

# Control characters and lone surrogates, and those that reorder what stands around them, so that a text reads as
# something that it is not.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")

# All but the two that keep a French question mark beside its word.
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")


def plain(text: str) -> str:
    """The text on one line, without control characters, direction marks and lone surrogates."""
    if text.isprintable() and "  " not in text:
        return text.strip()
    return _UNPRINTABLE.sub("", _SPACES.sub(" ", text)).strip()


def plain_lines(text: str) -> str:
    """The text as `plain` makes it, line for line; no empty lines at either end."""
    return "\n".join(plain(line) for line in text.splitlines()).strip("\n")


def shorten(text: str, limit: int) -> str:
    """The text in at most `limit` characters, cut at a word where one is near, with “…” for what is missing."""
    if len(text) <= limit:
        return text
    cut = text[: limit - 1]
    at_word = cut.rpartition(" ")[0]
    return (at_word if len(at_word) >= len(cut) - 20 else cut).rstrip(" ,;:.") + "…"
