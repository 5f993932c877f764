"""Leaving a service alone that did not answer: a dead one costs a few applicants their patience, and not all of them.

Each process finds out for itself.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from connector.models import VerificationService

FAILURES = 3
REST_SECONDS = 30.0


@dataclass
class _Seen:
    """What this process has seen of a service with these settings."""

    settings_of: datetime
    failures: int = 0
    rests_until: float = 0.0


class Circuit:
    """Lets calls pass until FAILURES in a row brought no answer; then one every REST_SECONDS, until one does."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._seen: dict[int, _Seen] = {}

    def may_ask(self, service: VerificationService) -> bool:
        """Whether the service may be asked now. Who is let through after a rest goes alone: the next waits for another."""
        with self._lock:
            seen = self._of(service)
            if seen.failures < FAILURES:
                return True
            now = time.monotonic()
            if now < seen.rests_until:
                return False
            seen.rests_until = now + REST_SECONDS
            return True

    def note(self, service: VerificationService, *, answered: bool) -> None:
        """Remember how asking it ended."""
        with self._lock:
            seen = self._of(service)
            seen.failures = 0 if answered else seen.failures + 1
            seen.rests_until = time.monotonic() + REST_SECONDS

    def _of(self, service: VerificationService) -> _Seen:
        """What was seen; nothing yet of a service whose settings have changed since."""
        seen = self._seen.get(service.pk)
        if seen is None or seen.settings_of != service.changed_at:
            seen = self._seen[service.pk] = _Seen(service.changed_at)
        return seen

    def forget(self) -> None:
        """Begin anew, with every service."""
        with self._lock:
            self._seen.clear()


circuit = Circuit()
