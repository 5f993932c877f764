"""The person who reads a page, and the requests that they may see."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.http import Http404, HttpRequest

from approvals.models import SignUpRequest
from approvals.models.sign_up_request import normalise_reference

if TYPE_CHECKING:
    from accounts.models import User


def reader_of(request: HttpRequest) -> User:
    """The signed-in person; the middleware lets nobody else through to a review page."""
    return cast("User", request.user)


def visible_request(request: HttpRequest, reference: str) -> SignUpRequest:
    """The request with this reference, with its flow, decider, delivery, forecast and the person's earlier request.

    Raises Http404 when there is none or the reader does not review its flow: the two look the same.
    """
    rows = SignUpRequest.objects.visible_to(reader_of(request)).select_related(
        "flow", "decided_by", "delivery", "forecast", "previous"
    )
    found = rows.filter(reference=normalise_reference(reference)).first()
    if found is None:
        raise Http404
    return found
