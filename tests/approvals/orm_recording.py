"""Recording a sign-up through the models: the slow, plain way. What `recording` writes is held against this."""

from __future__ import annotations

from dataclasses import asdict

from approvals import audit, outbox
from approvals.applicant import Applicant
from approvals.languages import choose_language
from approvals.models import Action, SignUpRequest, UserFlow
from approvals.models.sign_up_request import new_reference


def record(flow: UserFlow, applicant: Applicant, *, previous: SignUpRequest | None) -> SignUpRequest:
    """Write the request, its audit event and the work that announces it."""
    request = SignUpRequest.objects.create(
        reference=new_reference(),
        flow=flow,
        previous=previous,
        applicant_key=applicant.key,
        email=applicant.email,
        normalised_email=applicant.normalised_email,
        display_name=applicant.display_name,
        identities=[asdict(identity) for identity in applicant.identities],
        language=choose_language(applicant.locales, flow.language),
        locales=list(applicant.locales),
        attributes=dict(applicant.attributes),
        received=applicant.received,
    )
    audit.record(Action.SUBMITTED, request=request, previous=previous.reference if previous else None)
    outbox.enqueue("request.announce", request=request)
    return request
