"""The verbs: the only code that changes a request or its delivery.

Each refuses first; then, in one durable transaction, it makes its change conditional on the state it saw, writes the
audit event and the outbox rows. `actor` None is the system. What a verb refuses, it raises as an ApprovalError.
"""

from __future__ import annotations

from approvals.workflow.decision import approve, deny, reopen, undo
from approvals.workflow.delivery import (
    record_delayed,
    record_failed,
    record_progress,
    record_provisioned,
    record_standstill,
    retry_delivery,
)
from approvals.workflow.forecast import look_again, record_forecast
from approvals.workflow.submission import Standing, check_status, submit

__all__ = [
    "Standing",
    "approve",
    "check_status",
    "deny",
    "look_again",
    "record_delayed",
    "record_failed",
    "record_forecast",
    "record_progress",
    "record_provisioned",
    "record_standstill",
    "reopen",
    "retry_delivery",
    "submit",
    "undo",
]
