"""Counting requests by the domain they come from. However often and wherever it is asked for, each counts once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from django.db import IntegrityError, models, transaction
from django.db.models.functions import Greatest, Least

from approvals.errors import Later
from approvals.hints.domain_names import domain_of
from approvals.models import CountedRequest, MailDomain, SignUpRequest

ATTEMPTS = 5
NEEDED = ("pk", "flow_id", "normalised_email", "submitted_at", "status", "closed_at")

_Key = tuple[int, str]


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
            MailDomain.objects.filter(pk__in=of_request).update(approved=models.F("approved") + 1)


def is_let_in(request: SignUpRequest) -> bool:
    """Whether the applicant was approved and has an account. That is never taken back."""
    return request.status == SignUpRequest.Status.APPROVED and request.closed_at is not None


def _count(requests: Sequence[SignUpRequest]) -> None:
    counted = set(CountedRequest.objects.filter(pk__in=[each.pk for each in requests]).values_list("pk", flat=True))
    by_domain: dict[_Key, list[SignUpRequest]] = defaultdict(list)
    for request in requests:
        if request.pk not in counted:
            by_domain[request.flow_id, domain_of(request.normalised_email)].append(request)
    # In one order everywhere, so that two workers wait for one another and not in a circle.
    keys = sorted(by_domain)
    for key, domain in zip(keys, _rows(keys, by_domain), strict=True):
        _add(domain, by_domain[key])


def _rows(keys: list[_Key], by_domain: dict[_Key, list[SignUpRequest]]) -> list[int]:
    """The keys of the domains' rows, which are made where there are none."""
    _make(keys, by_domain)
    domains = MailDomain.objects.filter(
        domain__in={domain for _flow, domain in keys}, flow__in={flow for flow, _ in keys}
    )
    known = {(flow, domain): pk for pk, flow, domain in domains.values_list("pk", "flow_id", "domain")}
    return [known[key] for key in keys]


def _make(keys: list[_Key], by_domain: dict[_Key, list[SignUpRequest]]) -> None:
    fresh = []
    for flow_id, domain in keys:
        at = by_domain[flow_id, domain][0].submitted_at
        fresh.append(MailDomain(flow_id=flow_id, domain=domain, first_request_at=at, last_request_at=at))
    MailDomain.objects.bulk_create(fresh, ignore_conflicts=True)


def _add(domain: int, requests: list[SignUpRequest]) -> None:
    rows = [
        CountedRequest(request=each, domain_id=domain, submitted_at=each.submitted_at, let_in=is_let_in(each))
        for each in requests
    ]
    CountedRequest.objects.bulk_create(rows)
    times = [each.submitted_at for each in requests]
    MailDomain.objects.filter(pk=domain).update(
        requests=models.F("requests") + len(rows),
        approved=models.F("approved") + sum(row.let_in for row in rows),
        first_request_at=Least("first_request_at", min(times)),
        last_request_at=Greatest("last_request_at", max(times)),
    )
