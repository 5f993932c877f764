"""Numbers that are only counted up to a bound."""

from __future__ import annotations

from django import template
from django.contrib.humanize.templatetags.humanize import intcomma

from approvals.review.tabs import MOST_COUNTED

register = template.Library()


@register.filter
def counted(number: int) -> str:
    """`42`, or `1,000+` for what is more than anybody counts."""
    return str(number) if number <= MOST_COUNTED else f"{intcomma(MOST_COUNTED)}+"
