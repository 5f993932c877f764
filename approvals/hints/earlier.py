"""What the same person asked for before, by identity or by address, here and in other user flows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from approvals.applicant import Applicant
from approvals.models import SignUpRequest, UserFlow
from approvals.models.sign_up_request import SignUpRequestQuerySet

# One person has hardly ever more than a few.
MOST = 200
_COLUMNS = ("pk", "flow_id", "reference", "status", "submitted_at")


@dataclass(frozen=True)
class Earlier:
    """One earlier request of the person."""

    pk: UUID
    flow_id: int
    reference: str
    status: str
    submitted_at: datetime

    @property
    def was_denied(self) -> bool:
        """Whether it is denied now."""
        return self.status == SignUpRequest.Status.DENIED


def earlier_of(applicant: Applicant, before: datetime | None) -> list[Earlier]:
    """The person's requests in any flow, newest first; with `before`, only what was submitted earlier than that."""
    # Two indexes, one for each condition: with "or" between them PostgreSQL would use neither.
    of_key = SignUpRequest.objects.filter(flow__in=UserFlow.objects.all(), applicant_key=applicant.key)
    of_address = SignUpRequest.objects.with_email(applicant.email)
    found = {each.pk: each for rows in (of_key, of_address) for each in _read(rows, before)}
    return sorted(found.values(), key=lambda each: each.submitted_at, reverse=True)


def _read(rows: SignUpRequestQuerySet, before: datetime | None) -> list[Earlier]:
    rows = rows.filter(submitted_at__lt=before) if before else rows
    return [Earlier(*row) for row in rows.order_by().values_list(*_COLUMNS)[:MOST]]
