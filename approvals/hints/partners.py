"""Whom applicants might be taken for: the flow's known partners, and the colleagues who review.

Both are kept for SECONDS in each process: reading some thousand of them for every sign-up would be most of its cost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from django.contrib.auth import get_user_model
from django.db.models import Q

from approvals.hints.look_alike import Partners, partners_of
from approvals.hints.mail_domains import says_nothing
from approvals.hints.names import keys_of
from approvals.models import MailDomain, UserFlow

SECONDS = 30.0
MOST_KEPT = 200
MOST_PARTNERS = 5000
MOST_COLLEAGUES = 2000

Value = TypeVar("Value")


@dataclass(frozen=True)
class Colleague:
    """Somebody who reviews."""

    name: str
    address: str


_kept: dict[tuple[str, int | None], tuple[float, Any]] = {}


def known_partners(flow: UserFlow) -> Partners:
    """The domains of the flow's list, and those that people were let in from; mail services are nobody's."""
    return _keep(("partners", flow.pk), lambda: _partners(flow))


def colleagues() -> dict[str, Colleague]:
    """Active people who review any flow, by each key of their names."""
    return _keep(("colleagues", None), _colleagues)


def forget() -> None:
    """Look everything up the next time."""
    _kept.clear()


def _partners(flow: UserFlow) -> Partners:
    listed = flow.partner_domains.domains if flow.partner_domains else []
    let_in = MailDomain.objects.filter(flow=flow, approved__gt=0).order_by("-last_request_at")
    found = [domain for domain in let_in.values_list("domain", flat=True)[:MOST_PARTNERS] if not says_nothing(domain)]
    return partners_of([*(str(domain) for domain in listed), *found])


def _colleagues() -> dict[str, Colleague]:
    reviews = Q(reviewed_flows__isnull=False) | Q(is_superuser=True)
    people = get_user_model().objects.filter(reviews, is_active=True).distinct().order_by("pk")[:MOST_COLLEAGUES]
    found = [Colleague(person.get_full_name(), person.email.strip().lower()) for person in people]
    return {key: colleague for colleague in found for key in keys_of(colleague.name)}


def _keep(key: tuple[str, int | None], look_up: Callable[[], Value]) -> Value:
    until, value = _kept.get(key, (0.0, None))
    if until < time.monotonic():
        value = look_up()
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = (time.monotonic() + SECONDS, value)
    return cast("Value", value)
