"""What every page shows around its content: counts, the last decision while it can be undone, the demonstration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from approvals.models import SignUpRequest
from approvals.review.reader import reader_of
from approvals.review.tabs import FAILED, NEEDS_DECISION, tab_counts

_LAST_DECISION = "last_decision"


def review_chrome(request: HttpRequest) -> dict[str, Any]:
    """The context of the frame, as callables: the database is asked when a template shows it, and an error page does not."""
    return {
        "demo": settings.DEMO,
        "simulator_url": settings.SIMULATOR_URL,
        "waiting_count": lambda: counts_of(request)[NEEDS_DECISION.slug],
        "failed_count": lambda: counts_of(request)[FAILED.slug],
        "last_decision": lambda: _last_decision(request),
    }


def counts_of(request: HttpRequest) -> Mapping[str, int]:
    """How many requests of each tab the reader may see, counted once for a page and to a bound: see `tab_counts`."""
    known: Mapping[str, int] | None = getattr(request, "_review_counts", None)
    if known is None:
        known = tab_counts(reader_of(request))
        request._review_counts = known  # type: ignore[attr-defined]
    return known


def remember_decision(request: HttpRequest, decided: SignUpRequest) -> None:
    """Let the next pages say what was decided, for as long as it can be undone and on one page at least."""
    request.session[_LAST_DECISION] = {"id": str(decided.pk), "version": decided.version}


def forget_decision(request: HttpRequest) -> None:
    """Say no more of it."""
    request.session.pop(_LAST_DECISION, None)


def _last_decision(request: HttpRequest) -> SignUpRequest | None:
    remembered = request.session.get(_LAST_DECISION)
    if not remembered:
        return None
    mine = SignUpRequest.objects.visible_to(reader_of(request))
    decided = mine.filter(pk=remembered["id"], version=remembered["version"], decided_by=reader_of(request)).first()
    if decided is None or decided.is_in_effect(timezone.now()):
        forget_decision(request)
    return decided
