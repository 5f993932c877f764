"""The quota's shared state in the database: for installations without Redis, and while Redis is away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from typing import TypeVar

from django.db import models, transaction
from django.db.models.functions import Now

from accounts.graph import pace
from accounts.graph.pace import Limit, State, Turn
from accounts.models import GraphQuota

Told = TypeVar("Told")


class DatabaseLedger:
    """The state in one row. Each change locks it, on SQLite the whole database, for a moment; nobody sleeps meanwhile.

    To be used outside of a transaction: what is decided here must be visible to all at once.
    """

    def __init__(self, application: str) -> None:
        self.key = application

    def take(self, limit: Limit, *, write: bool) -> Turn:
        """The turn of a call, by the database's clock."""
        if not write:
            return self._look(lambda state, now: pace.take(limit, state, now, write=False)[1])
        return self._change(lambda state, now: pace.take(limit, state, now, write=True))

    def pause(self, limit: Limit, seconds: float) -> None:
        """Let nobody call for so long."""
        self._change(lambda state, now: (pace.pause(limit, state, now, seconds), None))

    def slow_down(self, limit: Limit, used: float) -> None:
        """Adapt to the part of the limit that is used."""
        self._change(lambda state, now: (pace.slow_down(limit, state, now, used), None))

    def _look(self, question: Callable[[State, float], Turn]) -> Turn:
        found = _read(GraphQuota.objects.filter(pk=self.key))
        return question(*found) if found else Turn(0.0, granted=True)

    def _change(self, change: Callable[[State, float], tuple[State, Told]]) -> Told:
        locked = GraphQuota.objects.select_for_update().filter(pk=self.key)
        with transaction.atomic():
            found = _read(locked)
            if found is None:
                GraphQuota.objects.bulk_create([GraphQuota(pk=self.key)], ignore_conflicts=True)
                found = _read(locked) or (State(), 0.0)
            state, told = change(*found)
            locked.update(**asdict(state))
        return told


def _read(rows: models.QuerySet[GraphQuota]) -> tuple[State, float] | None:
    """The state, and the database's clock; None when there is no row yet."""
    names = [field.name for field in fields(State)]
    row = rows.annotate(now=Now()).values_list(*names, "now").first()
    return (State(*row[:-1]), row[-1].timestamp()) if row else None
