"""What reviewers are written: a request waits. No link in it decides anything: mail scanners open every link."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext

from approvals.applicant import provider_name
from approvals.mail.inert import short_name, unlinked
from approvals.mail.letter import Block, Button, Facts, Letter, Link, Mail, Paragraph, Quote, render
from approvals.models import SignUpRequest
from approvals.plaintext import plain, plain_lines, shorten
from approvals.texts import field_label

if TYPE_CHECKING:
    from accounts.models import User

ANSWERS_SHOWN = 6
LONGEST_ANSWER = 280
SHORT_ANSWER = 60
NAMES = ("displayName", "givenName", "surname")


def waiting(request: SignUpRequest, reviewer: User) -> Mail:
    """A request waits for a decision: who asks, with what words, and where to decide."""
    with translation.override(settings.LANGUAGE_CODE):
        name, flow = short_name(request.display_name), plain(request.flow.name)
        heading = gettext("%(name)s asks to join %(flow)s")
        return render(
            Letter(
                language=settings.LANGUAGE_CODE,
                sender="Foyer",
                subject=_subject(name, flow, request.reference),
                preview=gettext("Signed up %(when)s") % {"when": _moment(request, reviewer)},
                heading=heading % {"name": unlinked(name), "flow": flow},
                blocks=(*_about(request, reviewer), *_ways_on(request)),
                footer=_footer(flow),
            )
        )


def _subject(name: str, flow: str, reference: str) -> str:
    words = gettext("Waiting for your decision: %(name)s, %(flow)s (%(reference)s)")
    return words % {"name": name, "flow": flow, "reference": reference}


def _about(request: SignUpRequest, reviewer: User) -> list[Block]:
    short, long = _answers(request)
    rows = [
        *_whole_name(request),
        (gettext("Email address"), plain(request.email)),
        (gettext("Organisation"), unlinked(plain(request.domain))),
        (gettext("Signed in with"), unlinked(plain(provider_name(request.applicant.identity)))),
        *short,
        *_earlier(request),
        (gettext("Submitted"), _moment(request, reviewer)),
        (gettext("Reference"), request.reference),
    ]
    return [Facts(tuple(rows)), *long]


def _whole_name(request: SignUpRequest) -> list[tuple[str, str]]:
    """The name, when the heading could not hold all of it."""
    name = plain(request.display_name)
    return [] if name == short_name(name) else [(gettext("Name"), unlinked(name))]


def _answers(request: SignUpRequest) -> tuple[list[tuple[str, str]], list[Block]]:
    """The first answers beside the name: short ones as quoted facts, longer ones as quotes."""
    short: list[tuple[str, str]] = []
    long: list[Block] = []
    answers = [(name, value) for name, value in request.attributes.items() if name not in NAMES]
    for name, value in answers[:ANSWERS_SHOWN]:
        label = unlinked(field_label(name, settings.LANGUAGE_CODE))
        text = unlinked(shorten(plain_lines(str(value)), LONGEST_ANSWER))
        if len(text) <= SHORT_ANSWER and "\n" not in text:
            short.append((label, f"“{text}”"))
        else:
            long.append(Quote(label, text))
    return short, long


def _earlier(request: SignUpRequest) -> list[tuple[str, str]]:
    earlier = request.previous
    return [(gettext("Asked before"), f"{earlier.reference}, {earlier.get_status_display()}")] if earlier else []


def _moment(request: SignUpRequest, reviewer: User) -> str:
    """When it was submitted, in the reviewer's time zone, which is named."""
    zone = _zone(reviewer.time_zone)
    return f"{date_format(request.submitted_at.astimezone(zone), 'j F Y, H:i')} ({zone})"


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name or settings.TIME_ZONE)
    except (ValueError, OSError, zoneinfo.ZoneInfoNotFoundError):
        return zoneinfo.ZoneInfo(timezone.get_default_timezone_name())


def _ways_on(request: SignUpRequest) -> tuple[Block, ...]:
    page = reverse("review:request", args=[request.reference])
    return (
        Button(gettext("Review the request"), settings.BASE_URL + page),
        Link(gettext("All requests that wait"), settings.BASE_URL + reverse("review:queue")),
    )


def _footer(flow: str) -> tuple[Paragraph | Link, ...]:
    why = gettext("You get this email because you review requests for %(flow)s. Decisions are made on the page only.")
    preferences = settings.BASE_URL + reverse("accounts:preferences")
    return (Paragraph(why % {"flow": flow}), Link(gettext("Change which mails you get"), preferences))
