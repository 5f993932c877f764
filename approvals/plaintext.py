"""Making what people typed fit to be shown as plain text."""

from __future__ import annotations

import re
import unicodedata

# They reorder what stands around them, so that a text reads as something that it is not.
_BIDI_CONTROLS = {*map(chr, range(0x202A, 0x202F)), *map(chr, range(0x2066, 0x206A)), "\u200e", "\u200f", "\u061c"}

# All but the two that keep a French question mark beside its word.
_SPACES = re.compile(r"[^\S\u00a0\u202f]+")


def plain(text: str) -> str:
    """The text on one line, without control characters, direction marks and lone surrogates."""
    return "".join(c for c in _SPACES.sub(" ", text) if _is_printable(c)).strip()


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


def _is_printable(character: str) -> bool:
    return unicodedata.category(character) not in ("Cc", "Cs") and character not in _BIDI_CONTROLS
