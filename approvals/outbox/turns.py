"""Whose turn it is: by age, but thousands from one person do not hold up one from another.

Work that one person causes in a burst is placed a second apart, at most LONGEST_SETBACK behind its due time. A fresh
entry of somebody else is placed at its own due time, so it meets only the part of the burst whose turn has come.
What was set back is reached all the same, a quarter of an hour later at most, and then it is older than any newcomer.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from approvals.models import OutboxEntry
from approvals.models.outbox_entry import LONGEST_SETBACK

APART = timedelta(seconds=1)
ONE_BURST = timedelta(minutes=1)
"""Two entries of one person further apart than this are no burst."""


def turn(due_at: datetime, source: str) -> datetime:
    """Where a new entry stands. One index look-up; two at the same moment may share a turn."""
    if not source:
        return due_at
    untried = OutboxEntry.objects.queued().filter(source=source, attempts=0).order_by("-created_at", "-turn_at")
    last = untried.values_list("turn_at", "created_at").first()
    if last is None or timezone.now() - last[1] > ONE_BURST:
        return due_at
    return min(max(due_at, last[0] + APART), due_at + LONGEST_SETBACK)
