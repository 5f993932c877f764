"""The outbox: work is written with its cause, leased by a worker, and ended once.

Delivery is at least once: a worker that dies after the work and before its end leaves an entry that comes due again.
Handlers are therefore safe to run twice. docs/reliability.md says what is promised about order, limits and patience.
"""

from __future__ import annotations

from approvals.outbox.claiming import claim
from approvals.outbox.draining import drain
from approvals.outbox.ending import ATTEMPTS_AT_A_BUG, Done, back_off
from approvals.outbox.writing import cancel_decision, drop_decision, enqueue, hasten, new_entry, retry

__all__ = [
    "ATTEMPTS_AT_A_BUG",
    "Done",
    "back_off",
    "cancel_decision",
    "claim",
    "drain",
    "drop_decision",
    "enqueue",
    "hasten",
    "new_entry",
    "retry",
]
