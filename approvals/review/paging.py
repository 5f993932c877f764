"""Pages by key: the place in the list is a row's own (time, id), so that pages hold still while rows come in."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

Row = TypeVar("Row", bound=Model)
PAGE_SIZE = 25


@dataclass(frozen=True)
class Order:
    """Rows ordered by a time field and their id, in one direction."""

    field: str
    newest_first: bool = False

    def keys(self, *, reverse: bool = False) -> tuple[str, str]:
        """What to pass to `order_by`."""
        sign = "-" if self.newest_first != reverse else ""
        return f"{sign}{self.field}", f"{sign}id"

    def beyond(self, cursor: str, *, backwards: bool = False) -> Q | None:
        """The rows after a cursor, or before it; None for a cursor that nobody here made."""
        place = _decode(cursor)
        if place is None:
            return None
        at, key = place
        side = "lt" if self.newest_first != backwards else "gt"
        return Q(**{f"{self.field}__{side}": at}) | Q(**{self.field: at, f"id__{side}": key})


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list. `before` and `after` are the cursors of its neighbours, empty where there is none."""

    rows: Sequence[Row]
    before: str = ""
    after: str = ""


def page_of(
    rows: QuerySet[Row], order: Order, *, after: str = "", before: str = "", size: int = PAGE_SIZE
) -> Page[Row]:
    """The page after or before a cursor, else the first: also when nothing is left there, or the cursor is no cursor."""
    backwards = bool(before) and order.beyond(before, backwards=True) is not None
    beyond = order.beyond(before, backwards=True) if backwards else order.beyond(after)
    limited = rows.filter(beyond) if beyond is not None else rows
    found = list(limited.order_by(*order.keys(reverse=backwards))[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    if not found:
        return Page([]) if beyond is None else page_of(rows, order, size=size)
    is_inside = beyond is not None
    has_earlier, has_later = (more, True) if backwards else (is_inside, more)
    return Page(
        found,
        before=_encode(found[0], order) if has_earlier else "",
        after=_encode(found[-1], order) if has_later else "",
    )


def _encode(row: Model, order: Order) -> str:
    at: datetime = getattr(row, order.field)
    return base64.urlsafe_b64encode(f"{at.isoformat()} {row.pk}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> tuple[datetime, UUID] | None:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at_text, _, key = text.partition(" ")
        at = datetime.fromisoformat(at_text)
        return (at.astimezone(UTC), UUID(key)) if at.tzinfo else None
    except (ValueError, OverflowError, binascii.Error):
        return None
