"""A worker's own drain, for when the broker brings none: Redis is away or lost its queues, or nobody's clock ticks.

Delivery goes on, with one entry at a time in each worker, until messages come again.
"""

from __future__ import annotations

import threading

import structlog
from django.conf import settings
from django.db import close_old_connections, connections

from approvals import tasks

log = structlog.get_logger(__name__)

DRAINS_MISSED = 3


class Standby(threading.Thread):
    """Begins to drain when for DRAINS_MISSED periods no task of this worker has; ends with the worker."""

    def __init__(self) -> None:
        super().__init__(name="standby", daemon=True)

    def run(self) -> None:
        """Look once in a period, until the worker is asked to end."""
        while not tasks.stopping.wait(settings.OUTBOX_DRAIN_SECONDS):
            if tasks.seconds_without_drain() > DRAINS_MISSED * settings.OUTBOX_DRAIN_SECONDS:
                self.step_in()
        connections.close_all()

    def step_in(self) -> None:
        """Do what the periodic tasks would have done. Whatever goes wrong is tried again a period later."""
        log.info("standby_drains", seconds=round(tasks.seconds_without_drain(), 1))
        close_old_connections()
        try:
            tasks.beat_heart()
            tasks.drain_outbox()
        except Exception:
            log.exception("standby_failed")
        finally:
            close_old_connections()
