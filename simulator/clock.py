"""The one source of time, and how Graph writes it."""

from __future__ import annotations

from datetime import UTC, datetime


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


def stamp(moment: datetime | None = None) -> str:
    """A moment (default: now) as Graph prints it: `2026-01-02T03:04:05Z`."""
    return (moment or now()).strftime("%Y-%m-%dT%H:%M:%SZ")
