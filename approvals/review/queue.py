"""The queue: what waits for a decision, and everything else by tab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from approvals.lanes import with_keys
from approvals.models import SignUpRequest, UserFlow
from approvals.models.sign_up_request import holds
from approvals.paging import Page, looked_through, page_of
from approvals.review.context import counts_of
from approvals.review.reader import reader_of
from approvals.review.tabs import ALL, TABS, Tab, counts_among, tab_named

if TYPE_CHECKING:
    from accounts.models import User

LONGEST_SEARCH = 200
SHOWN_WITH_A_ROW = ("flow", "delivery", "previous", "decided_by")


@dataclass(frozen=True)
class Place:
    """Where in a list a page begins: after or before a cursor, or at the top."""

    after: str
    before: str


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """One tab of the requests that the reader may see, searched and page by page. htmx gets the list alone."""
    reader = reader_of(request)
    words = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    tab = tab_named(request.GET.get("tab", ""))
    place = Place(request.GET.get("after", ""), request.GET.get("before", ""))
    if words:
        page, counts = _searched(reader, tab, place, words)
    else:
        page, counts = _listed(reader, tab, place), counts_of(request)
    context: dict[str, Any] = {
        "tabs": [(each, counts.get(each.slug)) for each in TABS],
        "tab": tab,
        "page": page,
        "total": counts.get(tab.slug),
        "elsewhere": counts.get(ALL.slug, 0),
        "words": words,
        "keep": urlencode({"tab": tab.slug, **({"q": words} if words else {})}),
        "flows": list(UserFlow.objects.reviewed_by(reader)),
    }
    if not page.rows and not words:
        everything = _listed(reader, tab_named("all"), Place("", ""), size=1)
        context["latest"] = next(iter(everything.rows), None)
    swaps_list = request.headers.get("HX-Target") == "list"
    response = render(request, "review/queue.html#list" if swaps_list else "review/queue.html", context)
    patch_vary_headers(response, ["HX-Target"])
    return response


def _listed(reader: User, tab: Tab, place: Place, **size: int) -> Page[SignUpRequest]:
    """A page of the tab."""
    rows = tab.of(SignUpRequest.objects.select_related(*SHOWN_WITH_A_ROW))
    return page_of(rows, tab.order, after=place.after, before=place.before, lanes=tab.lanes(reader), **size)


def _searched(reader: User, tab: Tab, place: Place, words: str) -> tuple[Page[SignUpRequest], Mapping[str, int]]:
    """A page of what is found in the tab, and how much is in each.

    Words that many people's requests hold are looked for along the list, some thousand requests for a page; how many
    there are in all is then not said.
    """
    found = SignUpRequest.objects.holding(words)
    if found is not None:
        mine = with_keys(SignUpRequest.objects.visible_to(reader), found)
        shown = mine.filter(tab.rows).select_related(*SHOWN_WITH_A_ROW)
        return page_of(shown, tab.order, after=place.after, before=place.before), counts_among(mine)
    rows = tab.of(SignUpRequest.objects.select_related(*SHOWN_WITH_A_ROW))
    looked_for: dict[str, Any] = {"among": holds(words), "dense": tab.dense}
    return looked_through(rows, tab.order, tab.lanes(reader), **looked_for, after=place.after, before=place.before), {}
