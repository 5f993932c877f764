"""Other requests that help to judge one: the same person's, and those from the same organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Right

from approvals.hints.domain_names import in_punycode
from approvals.hints.mail_domains import says_nothing
from approvals.lanes import first_rows, with_keys
from approvals.models import SignUpRequest, UserFlow
from approvals.models.sign_up_request import SignUpRequestQuerySet
from approvals.paging import looked_through
from approvals.review.tabs import ALL, NEEDS_DECISION

if TYPE_CHECKING:
    from accounts.models import User

SHOWN = 5
MOST_OF_ONE = 200
MOST_OF_DOMAIN = 500
LOOKED_AT = 500


def same_person(request: SignUpRequest, reader: User) -> list[SignUpRequest]:
    """Other requests of the same identity or address that the reader may see, in any flow, newest first."""
    key = SignUpRequest.objects.filter(
        flow__in=UserFlow.objects.reviewed_by(reader), applicant_key=request.applicant_key
    )
    # Two indexes, one for each condition: with "or" between them PostgreSQL would use neither.
    same = [*_newest(key), *_newest(SignUpRequest.objects.with_email(request.email))]
    return list(_others(request, reader).filter(pk__in=same)[:SHOWN])


def same_domain(request: SignUpRequest, reader: User) -> list[SignUpRequest]:
    """The latest requests of other people at the same organisation; none for a mail service that anybody may use."""
    if not request.domain or says_nothing(in_punycode(request.domain)):
        return []
    unlike = ~Q(applicant_key=request.applicant_key) & ~Q(normalised_email=request.normalised_email)
    found = list(_of_domain(request.domain).values_list("pk", flat=True)[: MOST_OF_DOMAIN + 1])
    if len(found) <= MOST_OF_DOMAIN:
        return list(with_keys(_others(request, reader).filter(unlike), found)[:SHOWN])
    rows = SignUpRequest.objects.select_related("flow", "decided_by", "delivery")
    among = Q(normalised_email__endswith=f"@{request.domain}") & unlike
    bounds: dict[str, Any] = {"size": SHOWN, "looked_at": LOOKED_AT, "dense": True}
    return list(looked_through(rows, ALL.order, ALL.lanes(reader), among=among, **bounds).rows)


def next_to_decide(request: SignUpRequest, reader: User) -> SignUpRequest | None:
    """The oldest request after this one that waits for a decision, else the oldest of all; never this one."""
    order, lanes = NEEDS_DECISION.order, NEEDS_DECISION.lanes(reader)
    others = SignUpRequest.objects.exclude(pk=request.pk)
    later = others.filter(order.after((request.submitted_at, request.pk)))
    return first_rows(later, lanes, order.keys(), 1).first() or first_rows(others, lanes, order.keys(), 1).first()


def _of_domain(domain: str) -> SignUpRequestQuerySet:
    """Those with an address there, in no order.

    The index is asked for the first part of the domain alone: it sets organisations apart, and the rest is in everybody's.
    """
    addresses = SignUpRequest.objects.alias(end=Right("normalised_email", len(domain) + 1)).order_by()
    return addresses.filter(normalised_email__contains=f"@{domain.partition('.')[0]}", end=f"@{domain}")


def _newest(rows: SignUpRequestQuerySet) -> list[UUID]:
    """Some hundred of the rows, which are one person's and hardly ever more than a few."""
    return list(rows.order_by().values_list("pk", flat=True)[:MOST_OF_ONE])


def _others(request: SignUpRequest, reader: User) -> SignUpRequestQuerySet:
    mine = SignUpRequest.objects.visible_to(reader).exclude(pk=request.pk)
    return mine.select_related("flow", "decided_by", "delivery").order_by("-submitted_at", "-id")
