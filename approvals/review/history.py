"""The history: every audit event that the reader may see, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from approvals.lanes import Values, in_lanes
from approvals.models import Action, AuditEvent, UserFlow
from approvals.models.sign_up_request import normalise_reference
from approvals.paging import Order, Page, page_of
from approvals.review.reader import reader_of
from approvals.review.timeline import entries_of

if TYPE_CHECKING:
    from accounts.models import User

PAGE_SIZE = 50


@dataclass(frozen=True)
class Group:
    """A kind of events, by their actions."""

    slug: str
    name: Promise | str
    actions: tuple[str, ...]


def _beginning(*beginnings: str) -> tuple[str, ...]:
    return tuple(action for action in Action.values if action.startswith(beginnings))


SUBMISSIONS = (Action.SUBMITTED.value, Action.ANSWERS_CHANGED.value, Action.VERIFIED.value)
_SETTINGS = ("flow.", "policy.", "verification.", "credential.", "token.")
DECISIONS = tuple(action for action in _beginning("request.") if action not in SUBMISSIONS)
GROUPS = (
    Group("decisions", gettext_lazy("Decisions"), DECISIONS),
    Group("submissions", gettext_lazy("Submissions"), SUBMISSIONS),
    Group("deliveries", gettext_lazy("Deliveries"), _beginning("delivery.")),
    Group("mail", gettext_lazy("Mail"), _beginning("mail.")),
    Group("administration", gettext_lazy("Administration"), _beginning(*_SETTINGS)),
)


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """One page of events, by kind, person, user flow and reference."""
    reader = reader_of(request)
    flows = UserFlow.objects.reviewed_by(reader)
    shown = list(flows)
    chosen = {name: request.GET.get(name, "").replace("\0", "").strip() for name in ("kind", "person", "flow", "q")}
    page = _page(request, _lanes(reader, shown, chosen), chosen["q"])
    context = {
        "page": page,
        "rows": list(zip(page.rows, entries_of(page.rows), strict=True)),
        "chosen": chosen,
        "keep": urlencode({name: value for name, value in chosen.items() if value}),
        "is_filtered": any(chosen.values()),
        "groups": GROUPS,
        "people": _people(flows),
        "flows": shown,
    }
    return render(request, "review/history.html", context)


def _people(flows: QuerySet[UserFlow]) -> QuerySet[Any]:
    """Everybody who may have done something with a request of these flows."""
    may_decide = Q(reviewed_flows__in=flows) | Q(is_superuser=True)
    return get_user_model().objects.filter(may_decide).distinct().order_by("first_name", "last_name", "username")


def _page(request: HttpRequest, lanes: dict[str, Values], reference: str) -> Page[AuditEvent]:
    """The page of the events in these lanes. Those of one request are few: they are found, and not looked for in order."""
    events, order = AuditEvent.objects.select_related("request", "flow"), Order("at", newest_first=True)
    place: dict[str, Any] = {side: request.GET.get(side, "") for side in ("after", "before")}
    if not reference:
        return page_of(events, order, **place, size=PAGE_SIZE, lanes=lanes)
    of_request = events.filter(in_lanes(lanes), request__reference=normalise_reference(reference))
    return page_of(of_request, order, **place, size=PAGE_SIZE)


def _lanes(reader: User, flows: list[UserFlow], chosen: dict[str, str]) -> dict[str, Values]:
    """Where the events stand in the index that the filters leave. A value that makes no sense leaves none of them.

    What belongs to no flow is an administrator's to see.
    """
    group = next((group for group in GROUPS if group.slug == chosen["kind"]), None)
    slug, person = chosen["flow"], chosen["person"]
    shown: list[int | None] = [flow.pk for flow in flows if slug in ("", flow.slug)]
    if reader.is_superuser and not slug:
        shown.append(None)
    lanes: dict[str, Values] = {"flow_id": shown}
    if group or person:
        lanes["action"] = group.actions if group else Action.values
    if person:
        lanes["actor_id"] = get_user_model().objects.filter(username=person)
    return lanes
