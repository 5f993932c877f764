"""Page by page, by cursors: a row that comes or goes meanwhile shifts nothing."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from approvals.api.filters import PageFilters


class Pages(CursorPagination):
    """Pages over a time column, with the id to tell equal times apart."""

    page_size = 50

    def __init__(self, column: str, filters: PageFilters) -> None:
        sign = "-" if filters.validated_data.get("order") == "newest" else ""
        self.ordering = (f"{sign}{column}", f"{sign}id")
        self.page_size = filters.validated_data.get("limit", self.page_size)

    def decode_cursor(self, request: Request) -> Cursor | None:
        """The cursor of the request. Raises NotFound for one that this API did not write."""
        cursor = super().decode_cursor(request)
        if cursor is not None and cursor.position is not None and not _is_instant(str(cursor.position)):
            raise NotFound(self.invalid_cursor_message)
        return cursor

    def answer(self, rows: QuerySet[Any], request: Request, serializer: type[BaseSerializer[Any]]) -> Response:
        """The page of the rows that the request asks for."""
        page = self.paginate_queryset(rows, request)
        return self.get_paginated_response(serializer(page, many=True, context={"request": request}).data)


def _is_instant(text: str) -> bool:
    try:
        instant = parse_datetime(text)
    except ValueError:
        return False
    return instant is not None and instant.tzinfo is not None
