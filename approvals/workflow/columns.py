"""Rows of a model in the database's own form, for statements that are written by hand: made from the model's fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

Model = type[models.Model]


@cache
def names(model: Model) -> tuple[str, ...]:
    """The columns' names in the model's order, as attributes have them."""
    return tuple(field.attname for field in model._meta.concrete_fields)


@cache
def written(model: Model) -> tuple[models.Field[Any, Any], ...]:
    """The columns that a new object writes, in the model's order; the database fills in the others."""
    fields = model._meta.concrete_fields
    return tuple(f for f in fields if not f.generated and (f.has_default() or not f.has_db_default()))


def as_the_database_takes(model: Model, given: dict[str, Any], database: BaseDatabaseWrapper) -> list[Any]:
    """A value for each column that is written: the given one, of the type that the field has, or the default."""
    values = []
    for name, prepare, default in _columns(model):
        value = given[name] if name in given else default()
        values.append(value if value is None else prepare(value, database, prepared=True))
    return values


@cache
def _columns(model: Model) -> tuple[tuple[str, Callable[..., Any], Callable[[], Any]], ...]:
    return tuple((field.attname, field.get_db_prep_value, field.get_default) for field in written(model))


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
