"""How often an open page asks what has changed, and until when."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest
from django.utils import timezone

from approvals.models import Delivery, OutboxEntry, SignUpRequest
from approvals.review.progress import delivery_of, is_moving

OFTEN, SELDOM = 1, 5
LONGEST = timedelta(hours=1)
_APPLICANT_MAILS = ("mail.denied", "mail.approved")


def seconds_between(sign_up: SignUpRequest) -> int:
    """The seconds between two questions; 0 when nothing more will change by itself.

    Often while a decision is held or its guest is being made; seldom while a mail, the next try or the applicant is
    waited for.
    """
    if not _is_decided(sign_up):
        return 0
    delivery = delivery_of(sign_up)
    if delivery is not None and is_moving(delivery):
        return SELDOM if delivery.code else OFTEN
    if not sign_up.is_in_effect():
        return OFTEN
    return SELDOM if _is_awaited(delivery) or mail_is_due(sign_up) else 0


def state_of(sign_up: SignUpRequest) -> str:
    """What a page that shows this state says it has seen: equal as long as it would show the same."""
    if not _is_decided(sign_up):
        return sign_up.status
    delivery = delivery_of(sign_up)
    parts = [sign_up.status, str(sign_up.version)]
    parts += [delivery.state, delivery.stage, delivery.code] if delivery else []
    parts += ["" if sign_up.is_in_effect() else "held", "mail" if mail_is_due(sign_up) else ""]
    return ".".join(parts)


def mail_is_due(sign_up: SignUpRequest) -> bool:
    """Whether the applicant is still to be told of the decision."""
    return OutboxEntry.objects.queued().filter(request=sign_up, kind__in=_APPLICANT_MAILS).exists()


def end_of_watching(request: HttpRequest) -> int:
    """When a page stops asking, in seconds since 1970: LONGEST from now, or what it was told when it was opened."""
    latest = int((timezone.now() + LONGEST).timestamp())
    told = request.GET.get("until", "")
    return min(int(told), latest) if told.isascii() and told.isdigit() and len(told) < 12 else latest


def is_over(until: int) -> bool:
    """Whether that moment has come."""
    return until <= timezone.now().timestamp()


def _is_decided(sign_up: SignUpRequest) -> bool:
    return sign_up.status in (SignUpRequest.Status.APPROVED, SignUpRequest.Status.DENIED)


def _is_awaited(delivery: Delivery | None) -> bool:
    """Whether the guest comes to be when the applicant signs up again."""
    return (
        delivery is not None
        and delivery.state == Delivery.State.QUEUED
        and delivery.stage == Delivery.Stage.AWAITING_RETURN
    )
