"""Rows read along an index whose first columns may hold one of several values: one lane for each combination.

Within a lane the index has the rows in order. PostgreSQL is asked for the first few of each lane and merges those, so
that a page costs the same wherever it lies and whoever asks; left to itself it walks or sorts the whole table when a
reader sees some of the flows. SQLite is asked plainly: its databases are small.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db import connections
from django.db.models import Model, Q, QuerySet
from django.db.models.expressions import RawSQL

Row = TypeVar("Row", bound=Model)
Rows = TypeVar("Rows", bound=QuerySet[Any, Any])
Values = Sequence[Any] | QuerySet[Any, Any]
Sql = tuple[str, tuple[Any, ...]]
COUNT_ALL = 2**62


def first_rows(rows: QuerySet[Row], lanes: Mapping[str, Values], keys: Sequence[str], size: int) -> QuerySet[Row]:
    """The first `size` of the rows by `keys`, among those whose columns hold one of their lanes' values.

    A lane's value may be None. `lanes` names columns (`flow_id`), with values or a queryset of rows whose keys they are.
    """
    if connections[rows.db].vendor != "postgresql":
        return rows.filter(in_lanes(lanes)).order_by(*keys)[:size]
    sql, params = merged(rows.select_related(None), lanes, keys, size)
    return rows.filter(pk__in=RawSQL(sql, params)).order_by(*keys)  # noqa: S611 - the ORM's own SQL


def first_places(
    rows: QuerySet[Row], lanes: Mapping[str, Values], keys: Sequence[str], size: int
) -> list[tuple[datetime, UUID]]:
    """What the `keys`, a time and the primary key, are in the first `size` rows."""
    columns = [key.lstrip("-") for key in keys]
    connection = connections[rows.db]
    if connection.vendor != "postgresql":
        return list(rows.filter(in_lanes(lanes)).order_by(*keys).values_list(*columns)[:size])
    sql, params = merged(rows.select_related(None), lanes, keys, size, columns)
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def in_lanes(lanes: Mapping[str, Values]) -> Q:
    """The lanes as a condition."""
    condition = Q()
    for column, values in lanes.items():
        if isinstance(values, QuerySet) or None not in values:
            condition &= Q(**{f"{column}__in": values})
        else:
            held = [value for value in values if value is not None]
            condition &= Q(**{f"{column}__in": held}) | Q(**{f"{column}__isnull": True})
    return condition


def with_keys(rows: Rows, keys: Sequence[UUID]) -> Rows:
    """Those of the rows that have one of some hundred keys. They travel as one value, which is made and read faster."""
    connection = connections[rows.db]
    if connection.vendor != "postgresql":
        return rows.filter(pk__in=keys)
    # The value is the keys' own, and no text of anybody's.
    sent = RawSQL("SELECT unnest(%s::uuid[])", ([str(key) for key in keys],))
    return rows.filter(pk__in=sent)


def listed(lanes: Mapping[str, Values]) -> dict[str, list[Any]]:
    """The lanes with their values at hand, so that they can be counted."""
    return {
        column: list(values.values_list("pk", flat=True)) if isinstance(values, QuerySet) else list(values)
        for column, values in lanes.items()
    }


def capped_counts(counted: Sequence[tuple[QuerySet[Any], Mapping[str, Values]]], cap: int) -> list[int]:
    """How many rows each of some querysets has in its lanes, none counted beyond `cap`. One query."""
    if not counted:
        return []
    connection = connections[counted[0][0].db]
    merges = connection.vendor == "postgresql"
    parts = [
        merged(rows, lanes, (), cap) if merges else _sql(rows.filter(in_lanes(lanes)).order_by().values("pk")[:cap])
        for rows, lanes in counted
    ]
    columns = ", ".join(f"(SELECT count(*) FROM ({sql}) AS counted)" for sql, _ in parts)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", [value for _, params in parts for value in params])
        return list(cursor.fetchone())


def merged(
    rows: QuerySet[Any],
    lanes: Mapping[str, Values],
    keys: Sequence[str],
    size: int,
    columns: Sequence[str] = (),
) -> Sql:
    """The SQL for the primary keys, or other columns, of the first `size` rows; in no order when there are no `keys`."""
    branches = [_lateral(rows, some, keys, size) for some in _without_none(lanes)]
    sql = " UNION ALL ".join(f"({branch})" for branch, _ in branches)
    order = ", ".join(f"page.{key.lstrip('-')}{' DESC' * key.startswith('-')}" for key in keys)
    ordered = f" ORDER BY {order}" if order else ""
    params = tuple(value for _, values in branches for value in values)
    chosen = ", ".join(f"page.{column}" for column in columns or [_key(rows)])
    return f"SELECT {chosen} FROM ({sql}) AS page{ordered} LIMIT {size:d}", params  # noqa: S608


def _lateral(rows: QuerySet[Any], lanes: Mapping[str, Values | None], keys: Sequence[str], size: int) -> Sql:
    """The first rows of each lane, one lane after the other. None for a column means that it holds nothing."""
    held = {column: values for column, values in lanes.items() if values is not None}
    sources = [_source(rows, column, values) for column, values in held.items()]
    here: dict[str, Any] = {column: RawSQL(f"lane_{column}.value", ()) for column in held}  # noqa: S611
    here |= {f"{column}__isnull": True for column in lanes if column not in held}
    columns = {_key(rows), *(key.lstrip("-") for key in keys)}
    inner, inner_params = _sql(rows.filter(**here).order_by(*keys).values(*sorted(columns))[:size])
    tables = " CROSS JOIN ".join([*(sql for sql, _ in sources), f"LATERAL ({inner}) AS here"])
    params = (*(value for _, values in sources for value in values), *inner_params)
    return f"SELECT here.* FROM {tables}", params  # noqa: S608


def _source(rows: QuerySet[Any], column: str, values: Values) -> Sql:
    """The values of a column as a table."""
    if isinstance(values, QuerySet):
        sql, params = _sql(values.order_by().values("pk"))
        return f"({sql}) AS lane_{column}(value)", params
    kind = rows.model._meta.get_field(column).db_type(connections[rows.db])
    kind = str(kind).partition("(")[0]
    return f"unnest(%s::{kind}[]) AS lane_{column}(value)", (list(values),)


def _without_none(lanes: Mapping[str, Values]) -> list[dict[str, Values | None]]:
    """The lanes with None apart: an index finds nothing by comparing with it."""
    split: list[dict[str, Values | None]] = [dict(lanes)]
    for column, values in lanes.items():
        if not isinstance(values, QuerySet) and None in values:
            held = [value for value in values if value is not None]
            split = [{**some, column: choice} for some in split for choice in (held, None)]
    return split


def _sql(rows: QuerySet[Any, Any]) -> Sql:
    return rows.query.sql_with_params()


def _key(rows: QuerySet[Any]) -> str:
    return str(rows.model._meta.pk.column)
