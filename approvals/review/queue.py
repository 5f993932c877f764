"""The queue: what waits for a decision, and everything else by tab."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from approvals.models import SignUpRequest, UserFlow
from approvals.review.context import counts_of
from approvals.review.paging import Order, page_of
from approvals.review.reader import reader_of
from approvals.review.tabs import TABS, tab_counts, tab_named

LONGEST_SEARCH = 200


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    """One tab of the requests that the reader may see, searched and page by page. htmx gets the list alone."""
    reader = reader_of(request)
    words = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    tab = tab_named(request.GET.get("tab", ""))
    mine = SignUpRequest.objects.visible_to(reader)
    found = mine.search(words)
    page = page_of(
        found.filter(tab.rows).select_related("flow", "delivery", "previous", "decided_by"),
        Order("submitted_at", newest_first=not tab.oldest_first),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    counts = tab_counts(found) if words else counts_of(request)
    context: dict[str, Any] = {
        "tabs": [(each, counts[each.slug]) for each in TABS],
        "tab": tab,
        "page": page,
        "total": counts[tab.slug],
        "words": words,
        "keep": urlencode({"tab": tab.slug, **({"q": words} if words else {})}),
        "flows": list(UserFlow.objects.reviewed_by(reader)),
    }
    if not page.rows and not words:
        context["latest"] = mine.select_related("decided_by").order_by("-submitted_at", "-id").first()
    swaps_list = request.headers.get("HX-Target") == "list"
    response = render(request, "review/queue.html#list" if swaps_list else "review/queue.html", context)
    patch_vary_headers(response, ["HX-Target"])
    return response
