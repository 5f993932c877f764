"""Pages by key: the place in the list is a row's own (time, id), so that pages hold still while rows come in."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import prod
from typing import Generic, TypeVar
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, Model, Q, QuerySet

from approvals.lanes import Values, first_places, first_rows, listed, with_keys

Row = TypeVar("Row", bound=Model)
PAGE_SIZE = 25
LOOKED_AT = 1000
READ_AT_ONCE = 250
# Lanes that hold much are read in a stretch of the whole table when they are many: each would be read to its end or LOOKED_AT.
MANY_LANES, STRETCH = 20, 10_000
Place = tuple[datetime, UUID]


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
        return None if place is None else self.after(place, backwards=backwards)

    def until(self, place: Place, *, backwards: bool = False) -> Q:
        """The rows up to a place and on it, or from it on."""
        at, key = place
        side = "lt" if self.newest_first == backwards else "gt"
        nearer = Q(**{f"{self.field}__{side}": at}) | Q(**{self.field: at, f"id__{side}e": key})
        return Q(**{f"{self.field}__{side}e": at}) & nearer

    def after(self, place: Place, *, backwards: bool = False) -> Q:
        """The rows after a place, or before it.

        The first comparison follows from the others. It is there because an index can begin at it, and cannot at an "or".
        """
        at, key = place
        side = "lt" if self.newest_first != backwards else "gt"
        further = Q(**{f"{self.field}__{side}": at}) | Q(**{self.field: at, f"id__{side}": key})
        return Q(**{f"{self.field}__{side}e": at}) & further


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Some rows of a list. `before` and `after` are the cursors of its neighbours, empty where there is none."""

    rows: Sequence[Row]
    before: str = ""
    after: str = ""


def page_of(
    rows: QuerySet[Row],
    order: Order,
    *,
    after: str = "",
    before: str = "",
    size: int = PAGE_SIZE,
    lanes: Mapping[str, Values] | None = None,
) -> Page[Row]:
    """The page after or before a cursor, else the first: also when nothing is left there, or the cursor is no cursor.

    With `lanes`, of those rows whose columns hold their values (see `approvals.lanes`).
    """
    backwards, beyond = _aim(order, after, before)
    limited = rows if beyond is None else rows.filter(beyond)
    keys = order.keys(reverse=backwards)
    found = list(limited.order_by(*keys)[: size + 1] if lanes is None else first_rows(limited, lanes, keys, size + 1))
    more, found = len(found) > size, found[:size]
    if not found:
        return Page([]) if beyond is None else page_of(rows, order, size=size, lanes=lanes)
    further = _encode(_place(found[-1], order)) if more else ""
    back = _encode(_place(found[0], order)) if beyond is not None else ""
    return Page(found[::-1], further, back) if backwards else Page(found, back, further)


def looked_through(
    rows: QuerySet[Row],
    order: Order,
    lanes: Mapping[str, Values],
    *,
    among: Q,
    after: str = "",
    before: str = "",
    size: int = PAGE_SIZE,
    dense: bool = False,
    looked_at: int = LOOKED_AT,
) -> Page[Row]:
    """Those of `rows` that meet `among` and that stand among the next `looked_at` of the lanes.

    For a condition that no index answers in order: however rare its rows are here, a page is bounded. It may be short
    or empty and yet have a neighbour, which goes on where the looking ended. `dense` lanes hold most of the table.
    """
    backwards, beyond = _aim(order, after, before)
    limited = rows if beyond is None else rows.filter(beyond)
    keys = order.keys(reverse=backwards)
    lanes = listed(lanes)
    many = prod(map(len, lanes.values())) > MANY_LANES
    border = _border(rows.model, order, beyond, keys) if dense and many else None
    stretch = limited if border is None else limited.filter(order.until(border, backwards=backwards))
    window = first_places(stretch, lanes, keys, looked_at)
    end = window[-1] if len(window) == looked_at else border
    found = list(with_keys(rows, _meeting(rows.model, among, window, size + 1)).order_by(*keys))
    more, found = len(found) > size, found[:size]
    last = _place(found[-1], order) if more else end
    first = _place(found[0], order) if found else next(iter(window), end)
    further, back = _encode(last), _encode(first) if beyond is not None else ""
    return Page(found[::-1], further, back) if backwards else Page(found, back, further)


def _border(model: type[Model], order: Order, beyond: Q | None, keys: Sequence[str]) -> Place | None:
    """Where the next STRETCH rows of the whole table end; None when there are fewer."""
    rows = model._default_manager.filter(beyond or Q()).order_by(*keys).values_list(order.field, "pk")
    return next(iter(rows[STRETCH - 1 : STRETCH]), None)


def _meeting(model: type[Model], among: Q, window: Sequence[Place], size: int) -> list[UUID]:
    """The first `size` keys in the window whose rows meet the condition; the window is read as far as needed.

    The condition is asked of each row: where it filters, a planner may take it for rare and look through all rows for it.
    """
    rows: QuerySet[Model] = model._default_manager.annotate(meets=ExpressionWrapper(among, BooleanField())).order_by()
    met: list[UUID] = []
    for begin in range(0, len(window), READ_AT_ONCE):
        keys = [key for _, key in window[begin : begin + READ_AT_ONCE]]
        meets = dict(with_keys(rows, keys).values_list("pk", "meets"))
        met += [key for key in keys if meets.get(key)]
        if len(met) >= size:
            break
    return met[:size]


def _aim(order: Order, after: str, before: str) -> tuple[bool, Q | None]:
    """Whether the page lies before its cursor, and the condition that it sets; none for no cursor."""
    earlier = order.beyond(before, backwards=True) if before else None
    return (True, earlier) if earlier is not None else (False, order.beyond(after))


def _place(row: Model, order: Order) -> Place:
    return getattr(row, order.field), row.pk


def _encode(place: Place | None) -> str:
    if place is None:
        return ""
    return base64.urlsafe_b64encode(f"{place[0].isoformat()} {place[1]}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> Place | None:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at_text, _, key = text.partition(" ")
        at = datetime.fromisoformat(at_text)
        return (at.astimezone(UTC), UUID(key)) if at.tzinfo else None
    except (ValueError, OverflowError, binascii.Error):
        return None
