"""The state of a request and of its delivery, in a row of the queue."""

from __future__ import annotations

from datetime import timedelta

from django import template
from django.utils import timezone
from django.utils.functional import Promise

from approvals.applicant import provider_name
from approvals.models import SignUpRequest
from approvals.review.progress import delivery_of, delivery_words

register = template.Library()

LONG = timedelta(days=3)


@register.filter
def delivery_state(request: SignUpRequest) -> Promise | str:
    """The delivery in two words; empty when there is none."""
    delivery = delivery_of(request)
    return delivery_words(delivery) if delivery else ""


@register.filter
def delivery_tone(request: SignUpRequest) -> str:
    """`queued`, `done` or `failed`; empty when there is no delivery."""
    delivery = delivery_of(request)
    return delivery.state if delivery else ""


@register.filter
def waits_long(request: SignUpRequest) -> bool:
    """Whether the request has waited for a decision for days."""
    return request.status == request.Status.PENDING and timezone.now() - request.submitted_at >= LONG


@register.filter
def provider(request: SignUpRequest) -> str:
    """Whom the person signed in with."""
    return provider_name(request.applicant.identity)


@register.filter
def was_denied_earlier(request: SignUpRequest) -> bool:
    """Whether the same person's request before this one was denied."""
    return request.previous is not None and request.previous.status == SignUpRequest.Status.DENIED


@register.filter
def about(request: SignUpRequest) -> str:
    """What the person does and where, as far as they said: job title and company, the first line of each."""
    said = (str(request.attributes.get(name, "")).strip() for name in ("jobTitle", "companyName"))
    return " · ".join(text.splitlines()[0] for text in said if text)
