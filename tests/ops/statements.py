"""A program: migrates the empty database of the environment, and prints each migration's statements as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402
from django.db.migrations.migration import Migration  # noqa: E402

told: list[dict[str, Any]] = []


def note(action: str, migration: Migration | None = None, fake: bool | None = None) -> None:
    """Begin a new page for each migration."""
    if action == "apply_start" and migration is not None:
        told.append({"name": str(migration), "atomic": migration.atomic, "statements": []})


def write_down(execute: Callable[..., Any], sql: Any, *rest: Any) -> Any:
    """Keep a statement and carry it out."""
    if told:
        told[-1]["statements"].append(" ".join(str(sql).split()))
    return execute(sql, *rest)


executor = MigrationExecutor(connection, note)
with connection.execute_wrapper(write_down):
    executor.migrate(executor.loader.graph.leaf_nodes())
json.dump(told, sys.stdout)
