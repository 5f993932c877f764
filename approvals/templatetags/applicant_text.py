"""Showing what an applicant typed: as text that does nothing and hides nothing."""

from __future__ import annotations

import re
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
    "\ufe0e": "VS15",
    "\ufe0f": "VS16",
    "\ufeff": "BOM",
}
# Letters by category, blank on the screen.
_BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
# Marks by category that show nothing by themselves, and of which a row can carry a secret text.
_STYLES = "\ufe0e\ufe0f"
_IDEOGRAPH_VARIANTS = frozenset(map(chr, range(0xE0100, 0xE01F0)))
_VARIANTS = frozenset(map(chr, range(0xFE00, 0xFE10))) | _IDEOGRAPH_VARIANTS
# What emoji are made with and of, beyond the symbols.
_JOINER = "\u200d"
_SKIN_TONES = "".join(map(chr, range(0x1F3FB, 0x1F400)))
_ARROWS = frozenset("↔↕")
_KEYS = frozenset("#*0123456789")
_STYLED = frozenset("‼⁉〰〽\u2139")
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
LONGEST_NAME = 120
_PIECES = re.compile(r"[^.@]*[.@]+|[^.@]+")


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
def breakable(value: Any) -> SafeString:
    """An address or a domain as `visible` shows it, which breaks behind its dots and its @ before it breaks in a word."""
    pieces = _PIECES.findall(str(value))
    return format_html_join(SafeString("<wbr>"), "{}", ((visible(piece),) for piece in pieces))


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
    """The text cut so that every character that is to be shown as a chip is a part of its own."""
    start = 0
    for at, character in enumerate(text):
        if _is_hidden(character) and not _shows(text, at):
            if at > start:
                yield text[start:at]
            yield character
            start = at + 1
    if start < len(text):
        yield text[start:]


def _shows(text: str, at: int) -> bool:
    """Whether a character that is hidden by itself does its proper work here: it shapes the picture before it."""
    character, before = text[at], text[max(at - 3, 0) : at]
    if character == _JOINER:
        return _is_picture(before.rstrip(_STYLES + _SKIN_TONES)[-1:]) and _is_picture(text[at + 1 : at + 2])
    if character in _STYLES:
        is_keycap = before[-1:] in _KEYS and text[at + 1 : at + 2] == "\u20e3"
        return is_keycap or _is_picture(before[-1:]) or before[-1:] in _STYLED
    return character in _IDEOGRAPH_VARIANTS and "IDEOGRAPH" in unicodedata.name(before[-1:] or " ", "")


def _is_picture(character: str) -> bool:
    """Whether it is a symbol that is drawn, such as an emoji: no letter, digit or mark is one."""
    return bool(character) and (unicodedata.category(character) == "So" or character in _ARROWS)


def _is_hidden(character: str) -> bool:
    if character in _BLANK or character in _VARIANTS or unicodedata.category(character) in _INVISIBLE:
        return True
    return character != " " and unicodedata.category(character) == "Zs"


def _part(part: str) -> str | SafeString:
    if len(part) > 1 or not _is_hidden(part):
        return part
    label = _NAMES.get(part, f"U+{ord(part):04X}")
    chip = format_html('<code class="chip" title="{}">{}</code>', _("Hidden character"), label)
    return format_html("{}\n", chip) if part == "\n" else chip
