"""Counting requests by the domain they come from. However often and wherever it is asked for, each counts once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from approvals.errors import Later
from approvals.hints.domain_names import domain_of
from approvals.models import CountedRequest, MailDomain, SignUpRequest

ATTEMPTS = 5
NEEDED = ("pk", "flow_id", "normalised_email", "submitted_at", "status", "closed_at")

_Key = tuple[int, str]
_EXTREMES = {"postgresql": ("LEAST", "GREATEST"), "sqlite": ("MIN", "MAX")}


def count(requests: Sequence[SignUpRequest]) -> None:
    """Count those of the requests that are not counted yet. Raises Later when others count them all the time."""
    for _attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                _count(requests)
        except IntegrityError:
            # Another worker has counted one of them since we looked.
            continue
        return
    raise Later("counted_by_others")


def count_let_in(request: SignUpRequest) -> None:
    """Count that a request's applicant was let in, and the request itself if need be."""
    count([request])
    with transaction.atomic():
        if CountedRequest.objects.filter(pk=request.pk, let_in=False).update(let_in=True) == 1:
            of_request = CountedRequest.objects.filter(pk=request.pk).values("domain")
            MailDomain.objects.filter(pk__in=of_request).update(approved=F("approved") + 1)


def is_let_in(request: SignUpRequest) -> bool:
    """Whether the applicant was approved and has an account. That is never taken back."""
    return request.status == SignUpRequest.Status.APPROVED and request.closed_at is not None


def _count(requests: Sequence[SignUpRequest]) -> None:
    counted = set(CountedRequest.objects.filter(pk__in=[each.pk for each in requests]).values_list("pk", flat=True))
    by_domain: dict[_Key, list[SignUpRequest]] = defaultdict(list)
    for request in requests:
        if request.pk not in counted:
            by_domain[request.flow_id, domain_of(request.normalised_email)].append(request)
    if by_domain:
        domains = _rows(by_domain)
        # First what only one worker can write, so that nobody waits here with a domain in hand.
        CountedRequest.objects.bulk_create(_counted(each, domains[key]) for key, of in by_domain.items() for each in of)
        _add([(domains[key], of) for key, of in by_domain.items()])


def _counted(request: SignUpRequest, domain: int) -> CountedRequest:
    return CountedRequest(
        request_id=request.pk, domain_id=domain, submitted_at=request.submitted_at, let_in=is_let_in(request)
    )


def _rows(by_domain: dict[_Key, list[SignUpRequest]]) -> dict[_Key, int]:
    """The primary keys of the domains' rows, which are made where there are none."""
    fresh = []
    for (flow_id, domain), requests in sorted(by_domain.items()):
        at = requests[0].submitted_at
        fresh.append(MailDomain(flow_id=flow_id, domain=domain, first_request_at=at, last_request_at=at))
    MailDomain.objects.bulk_create(fresh, ignore_conflicts=True)
    flows, domains = {flow for flow, _domain in by_domain}, {domain for _flow, domain in by_domain}
    found = MailDomain.objects.filter(flow__in=flows, domain__in=domains).values_list("pk", "flow_id", "domain")
    return {(flow_id, domain): pk for pk, flow_id, domain in found}


def _add(domains: list[tuple[int, list[SignUpRequest]]]) -> None:
    """Add the requests to the counts of their domains: one statement for all, which the ORM has no words for."""
    least, greatest = _EXTREMES[connection.vendor]
    sql = (
        f'UPDATE "{MailDomain._meta.db_table}" SET requests = requests + %s, approved = approved + %s, '  # noqa: S608
        f"first_request_at = {least}(first_request_at, %s), last_request_at = {greatest}(last_request_at, %s) WHERE id = %s"
    )
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(*_figures(requests), pk) for pk, requests in sorted(domains, key=itemgetter(0))])


def _figures(requests: list[SignUpRequest]) -> tuple[Any, ...]:
    """How many asked, how many of them were let in, and when the first and the last came."""
    times = [each.submitted_at for each in requests]
    first, last = (connection.ops.adapt_datetimefield_value(time) for time in (min(times), max(times)))
    return len(requests), sum(map(is_let_in, requests)), first, last
