"""The facts of a sign-up from the database: asked for when a condition needs them, with one query each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from approvals.applicant import Applicant
from approvals.models import SignUpRequest, UserFlow
from approvals.policy.domains import DomainSet
from approvals.policy.given import Earlier, Facts

MOST_EARLIER = 100

Decided = tuple[UUID, int, str, str, datetime | None]
_DECIDED = (SignUpRequest.Status.APPROVED, SignUpRequest.Status.DENIED)


def gather(
    flow: UserFlow,
    applicant: Applicant,
    *,
    step: str,
    lists: Mapping[str, DomainSet],
    hints: Callable[[], Iterable[str]] = frozenset,
    verification: str | None = None,
    now: datetime | None = None,
) -> Facts:
    """What is known of an applicant at `now`. Makes no query itself; `hints` gives the codes of the hints.

    Of somebody whose request is there already, `now` is when it came in: it is not one of the earlier ones.
    """
    now = now or timezone.now()
    return Facts(
        applicant=applicant,
        step=step,
        lists=lists,
        earlier=lambda: earlier(flow, applicant, before=now),
        hints=hints,
        verification=verification,
        now=now,
    )


def earlier(flow: UserFlow, applicant: Applicant, *, before: datetime) -> tuple[Earlier, ...]:
    """The newest decisions on requests of the same person or the same address, in all flows. One query, along indexes.

    Denied was also whoever has the address, approved only the same person: with another identity, somebody else's
    address must not open the door.
    """
    rows = _of_person(applicant).union(_of_address(applicant)).order_by("-decided_at")[:MOST_EARLIER]
    return tuple(
        Earlier(status, flow_id == flow.pk, decided_at)
        for _pk, flow_id, status, key, decided_at in rows
        if decided_at is not None
        and decided_at <= before
        and (status == SignUpRequest.Status.DENIED or key == applicant.key)
    )


def _rows(requests: QuerySet[SignUpRequest]) -> QuerySet[SignUpRequest, Decided]:
    # Not by status: that would invite the database to read all decided requests of the flow along another index.
    decided = requests.filter(decided_at__isnull=False).order_by()
    return decided.values_list("pk", "flow_id", "status", "applicant_key", "decided_at")


def _of_person(applicant: Applicant) -> QuerySet[SignUpRequest, Decided]:
    # The index begins with the flow, of which there are few.
    flows = UserFlow.objects.values("pk")
    return _rows(SignUpRequest.objects.filter(flow__in=flows, applicant_key=applicant.key))


def _of_address(applicant: Applicant) -> QuerySet[SignUpRequest, Decided]:
    return _rows(SignUpRequest.objects.filter(normalised_email=applicant.normalised_email))
