"""Small words for templates: times, JSON, links, initials."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any, NamedTuple

from simulator.clock import now

_LINK = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]]")


class Piece(NamedTuple):
    """A stretch of text, which may be a link."""

    text: str
    is_link: bool


def ago(time: str) -> str:
    """How long ago an ISO time was: `just now`, `4 min ago`, `3 h ago`, `2 days ago`."""
    seconds = (now() - datetime.fromisoformat(time)).total_seconds()
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{int(seconds // 60)} min ago"
    if seconds < 86400:
        return f"{int(seconds // 3600)} h ago"
    days = int(seconds // 86400)
    return "yesterday" if days == 1 else f"{days} days ago"


def moment(time: str) -> str:
    """An ISO time in full: `22 Nov 2026, 18:50:03 UTC`."""
    return datetime.fromisoformat(time).strftime("%-d %b %Y, %H:%M:%S UTC")


def pretty(value: Any) -> str:
    """JSON as people read it."""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def pieces(text: str) -> list[Piece]:
    """Text cut at its links, for a template to mark them up."""
    cut: list[Piece] = []
    position = 0
    for found in _LINK.finditer(text):
        cut += [Piece(text[position : found.start()], False), Piece(found.group(), True)]
        position = found.end()
    return [*cut, Piece(text[position:], False)]


def initials(name: str | None) -> str:
    """One or two letters that stand for a person."""
    words = [word for word in re.split(r"[\s@._-]+", name or "") if word]
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper() or "?"
