"""How much an application may write: Graph's quota, counted and enforced."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from simulator.graph.messages import GraphAnswer, refused
from simulator.refusals import GraphError
from simulator.store import Document

# Graph speaks of the use of a limit from here on, and to here at most.
TOLD_FROM, TOLD_TO = 0.8, 1.8
SHORTEST_WAIT = 1.0
READING = {"GET", "HEAD"}


@dataclass
class WriteQuota:
    """A bucket that fills with each write and drains at the allowed rate. Refused writes count too.

    `level` is what is in it; no limit when `writes` is 0.
    """

    writes: float
    seconds: float
    level: float = 0.0
    accepted: int = 0
    refused: int = 0
    drained_at: float = field(default_factory=time.monotonic)

    def refusal(self, method: str, application: str) -> GraphAnswer | None:
        """Count a call; the answer when it is one write too many."""
        if method in READING or not self.writes:
            return None
        self._drain()
        self.level = min(self.level + 1, TOLD_TO * self.writes)
        if self.level <= self.writes:
            self.accepted += 1
            return None
        self.refused += 1
        return refused(self._too_many(application))

    def headers(self, method: str) -> dict[str, str]:
        """What the answer to a call says of the quota: nothing while there is plenty."""
        if method in READING or not self.writes or self.used <= TOLD_FROM:
            return {}
        return {"x-ms-throttle-limit-percentage": f"{self.used:.3f}"}

    @property
    def used(self) -> float:
        """The part of the limit that is used at this moment."""
        self._drain()
        return self.level / self.writes if self.writes else 0.0

    def use(self, share: float) -> None:
        """As if others had used so much of it."""
        self.level, self.drained_at = share * self.writes, time.monotonic()

    def clear(self) -> None:
        """As if nothing had been written yet."""
        self.use(0)
        self.accepted = self.refused = 0

    def told(self) -> Document:
        """Everything about it, as JSON."""
        return {
            "writes_per_window": self.writes,
            "window_seconds": self.seconds,
            "accepted": self.accepted,
            "refused": self.refused,
            "used": round(self.used, 4),
        }

    def _drain(self) -> None:
        now = time.monotonic()
        drained = (now - self.drained_at) * self.writes / self.seconds
        self.level, self.drained_at = max(0.0, self.level - drained), now

    def _too_many(self, application: str) -> GraphError:
        wait = (self.level - self.writes) * self.seconds / self.writes
        headers = {
            "Retry-After": f"{max(wait, SHORTEST_WAIT):.3f}",
            "x-ms-throttle-scope": f"Tenant_Application/Write/{application}",
            "x-ms-throttle-information": "WriteLimitExceeded",
        }
        return GraphError(429, "TooManyRequests", "Too many requests. Please retry again later.", headers=headers)
