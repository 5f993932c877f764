"""Hints on the pages: the sentence with what it speaks of set apart, and how many there are in a row of the queue."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from approvals.hints.words import Shown, shown
from approvals.models import SignUpRequest
from approvals.templatetags.applicant_text import visible

register = template.Library()

_PLACE = re.compile(r"%\((\w+)\)s")


@register.filter
def in_words(hint: Shown) -> SafeString:
    """The sentence, escaped. What it speaks of stands out, hides nothing and turns nothing around it; a reference leads there."""
    return format_html_join("", "{}", ((part,) for part in _parts(hint)))


@register.filter
def worth_a_look(request: SignUpRequest) -> int:
    """How many hints a waiting request has that are more than information. None of those tells of another flow."""
    if request.status != SignUpRequest.Status.PENDING:
        return 0
    return sum(hint.is_worth_a_look for hint in shown(request.hints, {}))


@register.filter
def any_worth_a_look(hints: list[Shown]) -> bool:
    """Whether one of the hints is more than information."""
    return any(hint.is_worth_a_look for hint in hints)


def _parts(hint: Shown) -> Iterator[str | SafeString]:
    for number, part in enumerate(_PLACE.split(hint.text)):
        # Every second part is the name of a place.
        yield _value(part, hint.values[part]) if number % 2 else part


def _value(name: str, value: str | int) -> str | SafeString:
    if name == "reference":
        return format_html('<a href="{}">{}</a>', reverse("review:request", args=[value]), value)
    return str(value) if isinstance(value, int) else format_html("<bdi>{}</bdi>", visible(value))
