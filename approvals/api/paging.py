"""Page by page, by cursors: a row that comes or goes meanwhile shifts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.utils.urls import replace_query_param

from approvals.api.filters import PageFilters
from approvals.lanes import Values
from approvals.paging import Order, Page, looked_through, page_of

PAGE_SIZE = 50
AFTER, BEFORE = "a", "b"


def answer_page(
    rows: QuerySet[Any],
    column: str,
    filters: PageFilters,
    request: Request,
    serializer: type[BaseSerializer[Any]],
    lanes: Mapping[str, Values] | None = None,
) -> Response:
    """The page of the rows that the request asks for, in order of a time column and the id.

    With `lanes`, of the rows whose columns hold their values. Raises NotFound for a cursor that this API did not write.
    """
    asked = filters.validated_data
    order = Order(column, newest_first=asked.get("order") == "newest")
    place: dict[str, Any] = _place(asked.get("cursor", ""), order)
    size = asked.get("limit", PAGE_SIZE)
    page: Page[Any] = (
        looked_through(rows, order, lanes, among=filters.among, **place, size=size, dense=True)
        if filters.among and lanes is not None
        else page_of(rows, order, **place, size=size, lanes=lanes)
    )
    links = {"next": _link(request, AFTER, page.after), "previous": _link(request, BEFORE, page.before)}
    return Response({**links, "results": serializer(page.rows, many=True, context={"request": request}).data})


def _place(cursor: str, order: Order) -> dict[str, str]:
    """What a cursor means to `page_of`. Its first letter says on which side of the place the page lies."""
    if not cursor:
        return {}
    side, place = {AFTER: "after", BEFORE: "before"}.get(cursor[0]), cursor[1:]
    if side is None or order.beyond(place) is None:
        raise NotFound("Invalid cursor")
    return {side: place}


def _link(request: Request, side: str, cursor: str) -> str | None:
    return replace_query_param(request.build_absolute_uri(), "cursor", side + cursor) if cursor else None
