"""Moments as people read them: how long ago at a glance, the exact instant on a closer look."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

register = template.Library()

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
OLDEST_AGE = timedelta(days=60)


@register.filter
def age(moment: datetime) -> SafeString:
    """`3 h`, `5 d`, or a date when it was long ago, in a <time> that holds the instant."""
    return _time(moment, short_age(timezone.now() - moment) or _date(moment))


@register.filter
def ago(moment: datetime) -> SafeString:
    """`20 seconds ago`, `3 hours ago`, or a date, for use in a sentence."""
    return _time(moment, _long_age(timezone.now() - moment) or _("on %(date)s") % {"date": _date(moment)})


@register.filter
def moment(moment: datetime) -> SafeString:
    """`22 Nov 2026, 19:17` in the reader's zone."""
    return _time(moment, _date_and_time(moment))


@register.filter
def clock(moment: datetime) -> SafeString:
    """`19:17:05` in the reader's zone."""
    return _time(moment, date_format(timezone.localtime(moment), "H:i:s"))


def short_age(passed: timedelta) -> str:
    """A duration in its largest unit; empty when it is better told as a date."""
    if passed < MINUTE:
        return _("now")
    if passed < HOUR:
        return _("%(n)d min") % {"n": passed // MINUTE}
    if passed < DAY:
        return _("%(n)d h") % {"n": passed // HOUR}
    return _("%(n)d d") % {"n": passed // DAY} if passed < OLDEST_AGE else ""


def _long_age(passed: timedelta) -> str:
    if passed < timedelta(seconds=2):
        return _("just now")
    if passed < MINUTE:
        n = max(int(passed.total_seconds()), 0)
        return ngettext("%(n)d second ago", "%(n)d seconds ago", n) % {"n": n}
    if passed < HOUR:
        n = passed // MINUTE
        return ngettext("%(n)d minute ago", "%(n)d minutes ago", n) % {"n": n}
    if passed < DAY:
        n = passed // HOUR
        return ngettext("%(n)d hour ago", "%(n)d hours ago", n) % {"n": n}
    n = passed // DAY
    return ngettext("%(n)d day ago", "%(n)d days ago", n) % {"n": n} if passed < OLDEST_AGE else ""


def _date(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j M Y")


def _date_and_time(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "j M Y, H:i")


def _time(moment: datetime, words: str) -> SafeString:
    local = timezone.localtime(moment)
    exact = f"{date_format(local, 'l j F Y, H:i:s')} {local.tzname()}"
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(timespec="seconds"), exact, words)
