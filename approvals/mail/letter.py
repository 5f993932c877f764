"""A letter as a list of blocks, and its two renderings: HTML with inlined CSS, and a plain-text twin that says the same."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

import css_inline
from django.template.loader import render_to_string
from django.utils import translation


@dataclass(frozen=True)
class Paragraph:
    """Our own words."""

    kind: ClassVar[str] = "paragraph"
    text: str

    def as_text(self) -> str:
        """The paragraph."""
        return self.text


@dataclass(frozen=True)
class Quote:
    """Somebody's own words, line breaks kept, under a label that says whose."""

    kind: ClassVar[str] = "quote"
    label: str
    text: str

    def as_text(self) -> str:
        """The words behind a bar, as mail programs quote."""
        return "\n".join([f"{self.label}:", *(f"> {line}" for line in self.text.splitlines())])


@dataclass(frozen=True)
class Facts:
    """Labelled facts, a line for each."""

    kind: ClassVar[str] = "facts"
    rows: tuple[tuple[str, str], ...]

    def as_text(self) -> str:
        """A line for each fact."""
        return "\n".join(f"{label}: {value}" for label, value in self.rows)


@dataclass(frozen=True)
class Button:
    """The one thing to do, as a link."""

    kind: ClassVar[str] = "button"
    label: str
    url: str

    def as_text(self) -> str:
        """The label with the address below it."""
        return f"{self.label}:\n{self.url}"


@dataclass(frozen=True)
class Link:
    """A lesser link."""

    kind: ClassVar[str] = "link"
    label: str
    url: str

    def as_text(self) -> str:
        """Label and address."""
        return f"{self.label}: {self.url}"


Block = Paragraph | Quote | Facts | Button | Link


@dataclass(frozen=True)
class Letter:
    """What a mail says. `sender` is the name at its head, `preview` the line that an inbox shows after the subject."""

    language: str
    sender: str
    subject: str
    preview: str
    heading: str
    blocks: tuple[Block, ...]
    footer: tuple[Paragraph | Link, ...] = ()


@dataclass(frozen=True)
class Mail:
    """A rendered letter. `heading` is what its text begins with."""

    subject: str
    text: str
    html: str
    language: str
    heading: str = ""

    @property
    def body(self) -> str:
        """The text without its heading, to be shown below the subject, which says the same."""
        return self.text.removeprefix(self.heading).lstrip()


def render(letter: Letter) -> Mail:
    """Both renderings of a letter. Whatever its texts contain, they stay text."""
    return Mail(
        subject=letter.subject, text=_text(letter), html=_html(letter), language=letter.language, heading=letter.heading
    )


def _text(letter: Letter) -> str:
    parts = [letter.heading, *(block.as_text() for block in letter.blocks)]
    footer = "\n".join(part.as_text() for part in letter.footer)
    # Two dashes and a space begin a signature, which mail programs set apart and leave out of a reply.
    return "\n\n".join(parts) + f"\n\n-- \n{letter.sender}\n{footer}\n"


def _html(letter: Letter) -> str:
    with translation.override(letter.language):
        page = render_to_string("emails/letter.html", {"letter": letter})
    inlined: str = _inliner().inline(page)
    return inlined


@cache
def _inliner() -> css_inline.CSSInliner:
    """Media queries cannot be inlined: they stay in the head, for those mail programs that know them."""
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False, minify_css=True)
