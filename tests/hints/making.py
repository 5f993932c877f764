"""What the tests of hints make and ask for."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from approvals import outbox
from approvals.hints import look
from approvals.models import SignUpRequest, UserFlow
from tests.factories import make_applicant, make_request


def drain() -> None:
    """Do the work that is due."""
    outbox.drain()


def make_examined(flow: UserFlow, email: str = "john.smith@fabrikam.example", **how: Any) -> SignUpRequest:
    """A request that a worker has seen to."""
    request = make_request(flow, email=email, **how)
    drain()
    return SignUpRequest.objects.select_related("flow").get(pk=request.pk)


def noticed(flow: UserFlow, email: str = "john.smith@fabrikam.example", **how: Any) -> dict[str, dict[str, Any]]:
    """The hints about somebody who signs up now, as facts by code."""
    before: datetime | None = how.pop("before", None)
    return {hint.code: hint.facts for hint in look(flow, make_applicant(email, **how), before=before)}


def submitted(request: SignUpRequest, *, days_ago: float) -> SignUpRequest:
    """The request as if it had come in then, before anybody examined it."""
    request.submitted_at = timezone.now() - timedelta(days=days_ago)
    SignUpRequest.objects.filter(pk=request.pk).update(submitted_at=request.submitted_at)
    return request
