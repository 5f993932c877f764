"""What the settings say of the kinds of work. Limits and patience go by family: the kind's name up to the dot."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings


def known() -> list[str]:
    """The kinds that this worker has a handler for. It leaves others to a worker that has: a newer one, perhaps."""
    return list(settings.OUTBOX_HANDLERS)


def family(kind: str) -> str:
    """`mail` for `mail.denied`."""
    return kind.partition(".")[0]


def patience(kind: str) -> timedelta:
    """For how long after the first attempt a *later* is believed."""
    return timedelta(hours=settings.OUTBOX_PATIENCE.get(family(kind), settings.OUTBOX_PATIENCE["default"]))


def at_once(kind: str) -> int | None:
    """How many of the kind's family all workers together may have in hand; None for as many as there are."""
    limit: int | None = settings.OUTBOX_AT_ONCE.get(family(kind))
    return limit


def lane(kind: str) -> str:
    """What else of the same request the kind keeps in step with; empty for nothing."""
    name: str = settings.OUTBOX_LANES.get(kind, "")
    return name
