"""Lists as people type them: one on each line."""

from __future__ import annotations

import re

_LINE_END = re.compile(r"\r\n|\r|\n")
_AROUND_LINE_ENDS = re.compile(r"\s*[\r\n]+\s*")
_BETWEEN = re.compile(r"[\s,;]+")


def lines_of(typed: str) -> list[str]:
    """The lines that hold something, without white space around them."""
    return [line.strip() for line in _LINE_END.split(typed) if line.strip()]


def one_line(typed: str) -> str:
    """The text on one line: a browser lets people press Enter, and a block page would not show it."""
    return _AROUND_LINE_ENDS.sub(" ", typed)


def words_of(typed: str) -> list[str]:
    """Words such as domains: between them are line breaks, blanks, commas or semicolons."""
    return [word for word in _BETWEEN.split(typed) if word]
