"""The history: every audit event that the reader may see, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from approvals.models import AuditEvent, UserFlow
from approvals.models.sign_up_request import normalise_reference
from approvals.review.paging import Order, page_of
from approvals.review.reader import reader_of
from approvals.review.timeline import entries_of

PAGE_SIZE = 50


@dataclass(frozen=True)
class Group:
    """A kind of events, by how their action begins."""

    slug: str
    name: Promise | str
    events: Q


GROUPS = (
    Group(
        "decisions",
        gettext_lazy("Decisions"),
        Q(
            action__in=[
                "request.approved",
                "request.denied",
                "request.undone",
                "request.reopened",
                "request.expired",
                "request.withdrawn",
            ]
        ),
    ),
    Group("submissions", gettext_lazy("Submissions"), Q(action__in=["request.submitted", "request.answers_changed"])),
    Group("deliveries", gettext_lazy("Deliveries"), Q(action__startswith="delivery.")),
    Group("mail", gettext_lazy("Mail"), Q(action__startswith="mail.")),
    Group(
        "administration",
        gettext_lazy("Administration"),
        Q(action__startswith="flow.") | Q(action__startswith="credential.") | Q(action__startswith="token."),
    ),
)


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """One page of events, by kind, person, user flow and reference."""
    reader = reader_of(request)
    flows = UserFlow.objects.reviewed_by(reader)
    chosen = {name: request.GET.get(name, "").replace("\0", "").strip() for name in ("kind", "person", "flow", "q")}
    mine = AuditEvent.objects.all() if reader.is_superuser else AuditEvent.objects.filter(flow__in=flows)
    page = page_of(
        _chosen(mine, chosen).select_related("request", "flow"),
        Order("at", newest_first=True),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=PAGE_SIZE,
    )
    context = {
        "page": page,
        "rows": list(zip(page.rows, entries_of(page.rows), strict=True)),
        "chosen": chosen,
        "keep": urlencode({name: value for name, value in chosen.items() if value}),
        "is_filtered": any(chosen.values()),
        "groups": GROUPS,
        "people": _people(flows),
        "flows": flows,
    }
    return render(request, "review/history.html", context)


def _people(flows: QuerySet[UserFlow]) -> QuerySet[Any]:
    """Everybody who may have done something with a request of these flows."""
    may_decide = Q(reviewed_flows__in=flows) | Q(is_superuser=True)
    return get_user_model().objects.filter(may_decide).distinct().order_by("first_name", "last_name", "username")


def _chosen(events: QuerySet[AuditEvent], chosen: dict[str, str]) -> QuerySet[AuditEvent]:
    """Those that the filters leave. A value that makes no sense leaves none of them."""
    group = next((group for group in GROUPS if group.slug == chosen["kind"]), None)
    if group:
        events = events.filter(group.events)
    if chosen["person"]:
        events = events.filter(actor__username=chosen["person"])
    if chosen["flow"]:
        events = events.filter(flow__slug=chosen["flow"])
    if chosen["q"]:
        events = events.filter(request__reference=normalise_reference(chosen["q"]))
    return events
