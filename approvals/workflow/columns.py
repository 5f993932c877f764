"""Rows of a model in the database's own form, for statements that are written by hand: made from the model's fields."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

Model = type[models.Model]

# What some databases take as it is. The field says whether this one does.
_SAMPLES: dict[type, Any] = {
    models.CharField: "text",
    models.TextField: "text",
    models.UUIDField: UUID(int=1),
    models.DateTimeField: timezone.now(),
}


@cache
def names(model: Model) -> tuple[str, ...]:
    """The columns' names in the model's order, as attributes have them."""
    return tuple(field.attname for field in model._meta.concrete_fields)


@dataclass(frozen=True, eq=False)
class Layout:
    """How the rows of a model are written that are given the same attributes; every other column gets its default."""

    model: Model
    columns: tuple[str, ...]
    constants: dict[str, str]
    """The columns that are the same in every row, with their value as an SQL literal."""
    variables: tuple[str, ...]
    """The columns that each row has a value of its own for."""
    _steps: tuple[tuple[str, Callable[..., Any] | None, Callable[[], Any]], ...]

    def values(self, given: dict[str, Any], database: BaseDatabaseWrapper) -> list[Any]:
        """The variables of a row: what is given, of the type that the field has, or the default."""
        values = []
        for name, prepare, default in self._steps:
            value = given[name] if name in given else default()
            values.append(value if value is None or prepare is None else prepare(value, database, prepared=True))
        return values


@cache
def layout(model: Model, given: tuple[str, ...], vendor: str) -> Layout:
    """The layout of rows with these attributes; columns that the database fills in are left to it."""
    database = connections[DEFAULT_DB_ALIAS]
    fields: list[Any] = [
        f for f in model._meta.concrete_fields if not f.generated and (f.has_default() or not f.has_db_default())
    ]
    constants = {f.column: _literal(f.get_default()) for f in fields if f.attname not in given and _is_constant(f)}
    variables = [f for f in fields if f.column not in constants]
    return Layout(
        model,
        tuple(f.column for f in fields),
        constants,
        tuple(f.column for f in variables),
        tuple((f.attname, _preparation(f, database), f.get_default) for f in variables),
    )


def _is_constant(field: models.Field[Any, Any]) -> bool:
    """Whether the default is the same each time, and of a type that can be written into a statement."""
    fresh = field.has_default() and callable(field.default) and field.default not in (dict, list)
    return not fresh and isinstance(field.get_default(), str | int | dict | list | None)


def _literal(value: Any) -> str:
    """A constant as both databases read it."""
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value).upper()
    text = json.dumps(value) if isinstance(value, dict | list) else str(value)
    return "'{}'".format(text.replace("'", "''"))


def _preparation(field: models.Field[Any, Any], database: BaseDatabaseWrapper) -> Callable[..., Any] | None:
    """What makes a value of the model's one of the database's; None when they are the same."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    sample = _SAMPLES.get(type(target))
    if sample is not None and target.get_db_prep_value(sample, database, prepared=True) is sample:
        return None
    return target.get_db_prep_value


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
