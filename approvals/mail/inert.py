"""What other people typed, made harmless for a mail that carries our name."""

from __future__ import annotations

import re
import unicodedata

from approvals.plaintext import plain, shorten

LONGEST_NAME = 60
ZERO_WIDTH_SPACE = "\u200b"

_LINK_MAKERS = re.compile(r"(?<=\S)([./:@])(?=\S)")
# Letters of any script with the marks that names have; a dot only after an initial or at the end.
_NAME = re.compile(r"[^\W\d_]+(?:\.?[ '\u2019-]+[^\W\d_]+)*\.?")


def unlinked(text: str) -> str:
    """The text so that no mail program makes a link of it: an invisible break follows each dot, slash, colon and @."""
    return _LINK_MAKERS.sub(rf"\1{ZERO_WIDTH_SPACE}", text)


def short_name(name: str) -> str:
    """The name for a subject: one line, no control characters, at most LONGEST_NAME characters."""
    return shorten(plain(name), LONGEST_NAME)


def greeting_name(name: str) -> str:
    """The name if it is one, else nothing.

    Whoever signs up with a stranger's address chooses the name in the mail that the stranger gets: a sentence or a
    web address must not travel that way.
    """
    name = unicodedata.normalize("NFC", plain(name))
    return name if len(name) <= LONGEST_NAME and len(name.split()) <= 5 and _NAME.fullmatch(name) else ""
