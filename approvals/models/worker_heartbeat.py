"""When a worker was last seen alive."""

from __future__ import annotations

from django.db import models


class WorkerHeartbeat(models.Model):
    """One row, number 1: the last time that a worker ran a periodic task."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.seen_at:%Y-%m-%d %H:%M:%S}"
