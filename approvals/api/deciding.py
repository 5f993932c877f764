"""The endpoints that do: each loads what the caller may see, calls one verb, and shows the request as it is then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from approvals import workflow
from approvals.api import idempotency
from approvals.api.endpoint import caller, endpoint
from approvals.api.exceptions import problem
from approvals.api.reading import find_request
from approvals.api.representations import RequestSerializer
from approvals.api.strict import ProseField, StrictSerializer, TruthField, WholeNumberField
from approvals.errors import Conflict
from approvals.models import SignUpRequest
from approvals.workflow.decision import LONGEST_TEXT

KEY = OpenApiParameter(
    idempotency.HEADER,
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    pattern=r"^[\x21-\x7e]{1,128}$",
    description="Your own name for this call. Sent again with the same body within a day, it does nothing twice.",
)
DEED: dict[str, Any] = {
    "answer": RequestSerializer,
    "refusals": (400, 404, 409, 415, 422),
    "parameters": [KEY],
    "tags": ["requests"],
}


class NothingSerializer(StrictSerializer):
    """No fields: the deed needs no more than the request it is done to."""


class SeenSerializer(StrictSerializer):
    """The state that the caller saw."""

    version = WholeNumberField(
        min_value=1,
        max_value=2**31 - 1,
        required=False,
        help_text="The version that you saw; the request must not have changed since.",
    )


class ApprovalSerializer(SeenSerializer):
    """What may go with an approval."""

    note = ProseField(max_length=LONGEST_TEXT, help_text="For reviewers alone.")


class DenialSerializer(ApprovalSerializer):
    """What may go with a denial."""

    reason = ProseField(max_length=LONGEST_TEXT, help_text="For the applicant.")
    tell_applicant = TruthField(required=False, help_text="Whether the applicant gets a mail; true if left out.")


@endpoint("POST", **DEED, request=ApprovalSerializer, summary="Approve a request")
def approve(request: Request, reference: str) -> Response:
    """Approve a pending request. Its guest is made once the time for undoing has passed."""
    return _carry_out(workflow.approve, ApprovalSerializer, request, reference)


@endpoint("POST", **DEED, request=DenialSerializer, summary="Deny a request")
def deny(request: Request, reference: str) -> Response:
    """Deny a pending request. The applicant is told once the time for undoing has passed."""
    return _carry_out(workflow.deny, DenialSerializer, request, reference)


@endpoint("POST", **DEED, request=SeenSerializer, summary="Undo a decision")
def undo(request: Request, reference: str) -> Response:
    """Take back a decision that has not taken effect: nobody outside has heard of it, and nobody will."""
    return _carry_out(workflow.undo, SeenSerializer, request, reference)


@endpoint("POST", **DEED, request=SeenSerializer, summary="Open a request again")
def reopen(request: Request, reference: str) -> Response:
    """Put a denied request, or an approved one whose guest could not be made, back into the queue."""
    return _carry_out(workflow.reopen, SeenSerializer, request, reference)


@endpoint("POST", **DEED, request=NothingSerializer, summary="Try a failed delivery again")
def retry(request: Request, reference: str) -> Response:
    """Try at once to make the guest of an approved request whose delivery has failed."""
    return _carry_out(workflow.retry_delivery, NothingSerializer, request, reference)


def _carry_out(verb: Callable[..., Any], kind: type[StrictSerializer], request: Request, reference: str) -> Response:
    """Do the deed, once for each idempotency key, and answer with the request; a conflict answers with it too."""
    actor, found = caller(request), find_request(request, reference)
    body = kind(data=request.data)
    body.is_valid(raise_exception=True)
    key = idempotency.key_of(request)
    try:
        with idempotency.once(actor, key, idempotency.fingerprint(request.path, body.validated_data)) as to_do:
            if to_do:
                verb(found.pk, actor=actor, **body.validated_data)
    except Conflict as conflict:
        return problem(409, conflict.code, str(conflict), request=_as_it_is(request, found))
    return Response(_as_it_is(request, found))


def _as_it_is(request: Request, found: SignUpRequest) -> Any:
    now = find_request(request, found.reference)
    return RequestSerializer(now, context={"request": request}).data
