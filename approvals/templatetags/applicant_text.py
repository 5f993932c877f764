"""Showing what an applicant typed: as text that does nothing and hides nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

register = template.Library()

_NAMES = {
    "\n": "↵",
    "\r": "CR",
    "\t": "TAB",
    "\0": "NUL",
    "\u00a0": "NBSP",
    "\u00ad": "SHY",
    "\u200b": "ZWSP",
    "\u200c": "ZWNJ",
    "\u200d": "ZWJ",
    "\u200e": "LRM",
    "\u200f": "RLM",
    "\u202a": "LRE",
    "\u202b": "RLE",
    "\u202c": "PDF",
    "\u202d": "LRO",
    "\u202e": "RLO",
    "\u2066": "LRI",
    "\u2067": "RLI",
    "\u2068": "FSI",
    "\u2069": "PDI",
    "\ufeff": "BOM",
}
# Letters by category, blank on the screen.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
LONGEST_NAME = 120


@register.filter
def visible(value: Any) -> SafeString:
    """The text, escaped, with each invisible, directional or control character as a small named chip.

    A line feed shows its sign and breaks the line. Lone surrogates, which no page can carry, become chips too.
    """
    return format_html_join("", "{}", ((_part(part),) for part in _parts(str(value))))


@register.filter
def name(value: Any) -> SafeString:
    """A person's name as `visible` shows it, in a <bdi> of its own, cut after LONGEST_NAME characters."""
    text = str(value)
    shown = text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1].rstrip() + "…"
    return format_html("<bdi>{}</bdi>", visible(shown))


@register.filter
def plainly(value: Any) -> str:
    """The text for places that take no markup, such as a title: hidden characters are left out."""
    return "".join(c for c in str(value) if not _is_hidden(c))[:LONGEST_NAME]


@register.filter
def initials(value: Any) -> str:
    """One or two letters that stand for a name; `?` when it has none."""
    words = ["".join(c for c in word if c.isalpha()) for word in str(value).split()]
    letters = [word[0].upper() for word in words if word]
    return "".join(letters[:1] + letters[1:][-1:]) or "?"


def _parts(text: str) -> Iterator[str]:
    """The text cut so that every hidden character is a part of its own."""
    start = 0
    for at, character in enumerate(text):
        if _is_hidden(character):
            if at > start:
                yield text[start:at]
            yield character
            start = at + 1
    if start < len(text):
        yield text[start:]


def _is_hidden(character: str) -> bool:
    if character in _BLANK or unicodedata.category(character) in _INVISIBLE:
        return True
    return character != " " and unicodedata.category(character) == "Zs"


def _part(part: str) -> str | SafeString:
    if len(part) > 1 or not _is_hidden(part):
        return part
    label = _NAMES.get(part, f"U+{ord(part):04X}")
    chip = format_html('<code class="chip" title="{}">{}</code>', _("Hidden character"), label)
    return format_html("{}\n", chip) if part == "\n" else chip
