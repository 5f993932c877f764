"""Rows written by hand-made statements: made from the model's fields, so that they are what the model would write."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

Model = type[models.Model]


def insert(model: Model, given: Mapping[str, str], rest: str = "") -> str:
    """An insert of one row: `given` names the SQL term of each attribute, every other column gets its field's default.

    Columns that the database fills in are left to it. Raises ValueError for a default that is not the same each time.
    """
    fields = [f for f in model._meta.concrete_fields if f.attname in given or _is_ours(f)]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    terms = ", ".join(given.get(field.attname) or literal(_constant(field)) for field in fields)
    return f'INSERT INTO "{model._meta.db_table}" ({columns}) SELECT {terms} {rest}'


def _is_ours(field: Any) -> bool:
    """Whether the model, and not the database, has the default."""
    return not field.generated and (field.has_default() or not field.has_db_default())


def _constant(field: models.Field[Any, Any]) -> Any:
    if field.has_default() and callable(field.default) and field.default not in (dict, list):
        raise ValueError(f"{field.attname} has another default each time")
    return field.get_default()


def literal(value: Any) -> str:
    """A constant as both databases read it."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value).upper()
    text = json.dumps(value) if isinstance(value, dict | list) else str(value)
    return "'{}'".format(text.replace("'", "''"))


def read(model: Model, columns: tuple[str, ...], row: Sequence[Any], database: BaseDatabaseWrapper) -> dict[str, Any]:
    """A row that the database gave for these columns, as the attributes of an object."""
    values = {}
    for name, (column, readers), value in zip(columns, _readers(model, columns, database.vendor), row, strict=True):
        for reader in readers:
            value = reader(value, column, database)  # noqa: PLW2901 - one after another, as Django does it
        values[name] = value
    return values


@cache
def _readers(model: Model, columns: tuple[str, ...], _vendor: str) -> list[tuple[Any, list[Callable[..., Any]]]]:
    database, readers = connections[DEFAULT_DB_ALIAS], []
    for name in columns:
        column = model._meta.get_field(name).cached_col  # type: ignore[union-attr]
        converters = [*database.ops.get_db_converters(column), *column.target.get_db_converters(database)]
        readers.append((column, converters))
    return readers
