"""The rows of the domain, one module for each noun."""

from __future__ import annotations

from approvals.models.audit_event import Action, AuditEvent
from approvals.models.delivery import Delivery
from approvals.models.domain_list import DomainList
from approvals.models.forecast import Forecast
from approvals.models.idempotency_key import IdempotencyKey
from approvals.models.mail_domain import CountedRequest, EarlierRequestsCounted, MailDomain
from approvals.models.outbox_entry import OutboxEntry
from approvals.models.policy import PolicyEvaluation, PolicyVersion
from approvals.models.sign_up_request import SignUpRequest
from approvals.models.user_flow import UserFlow
from approvals.models.verification import Verification
from approvals.models.worker_heartbeat import WorkerHeartbeat

__all__ = [
    "Action",
    "AuditEvent",
    "CountedRequest",
    "Delivery",
    "DomainList",
    "EarlierRequestsCounted",
    "Forecast",
    "IdempotencyKey",
    "MailDomain",
    "OutboxEntry",
    "PolicyEvaluation",
    "PolicyVersion",
    "SignUpRequest",
    "UserFlow",
    "Verification",
    "WorkerHeartbeat",
]
