"""Small makers of what tests need. Requests come about as they do in life: through the verbs."""

from __future__ import annotations

import json
from typing import Any

from accounts.models import User
from approvals import workflow
from approvals.applicant import Applicant, AttributeValue, Identity
from approvals.models import Delivery, SignUpRequest, UserFlow

PASSWORD = "a-long-enough-password"


def make_user(username: str, *, flows: tuple[UserFlow, ...] = (), admin: bool = False, **fields: Any) -> User:
    """A person who may sign in with PASSWORD and reviews the given flows."""
    fields.setdefault("email", f"{username}@contoso.example")
    user = User.objects.create_user(username, password=PASSWORD, is_staff=admin, is_superuser=admin, **fields)
    user.reviewed_flows.set(flows)
    return user


def make_flow(slug: str = "partners", **fields: Any) -> UserFlow:
    """A user flow with a contact."""
    fields.setdefault("name", slug.capitalize())
    fields.setdefault("redirect_url", "https://app.contoso.example/")
    fields.setdefault("contact", "access@contoso.example")
    return UserFlow.objects.create(slug=slug, **fields)


def make_identity(issuer: str = "google.com", issuer_assigned_id: str = "108204268033311374519") -> Identity:
    """A federated identity."""
    return Identity("federated", issuer, issuer_assigned_id)


def make_applicant(
    email: str = "john.smith@fabrikam.example",
    *,
    identities: tuple[Identity, ...] = (),
    locales: tuple[str, ...] = ("en-US",),
    claims: dict[str, Any] | None = None,
    **attributes: AttributeValue,
) -> Applicant:
    """A person with usable attributes, and a claim set that agrees with them."""
    attributes = {"displayName": "John Smith", "givenName": "John", "surname": "Smith", **attributes}
    received = {"email": email, **attributes, "ui_locales": " ".join(locales), **(claims or {})}
    return Applicant(
        email=email, identities=identities, attributes=attributes, locales=locales, received=json.dumps(received)
    )


def make_request(
    flow: UserFlow,
    *,
    email: str = "john.smith@fabrikam.example",
    status: str = "pending",
    by: User | None = None,
    reason: str = "",
    note: str = "",
    **applicant: Any,
) -> SignUpRequest:
    """A request in a state: pending, approved, provisioned, failed or denied."""
    request = workflow.submit(flow, make_applicant(email, **applicant)).request
    assert request is not None
    if status in ("approved", "provisioned", "failed"):
        workflow.approve(request.pk, actor=by, note=note)
    if status == "provisioned":
        workflow.record_provisioned(request.pk, guest_id=f"guest-{request.reference}", made=Delivery.Made.CREATED)
    if status == "failed":
        workflow.record_failed(request.pk, code="invitations_forbidden", explanation="The tenant forbids invitations.")
    if status == "denied":
        workflow.deny(request.pk, actor=by, reason=reason, note=note)
    return SignUpRequest.objects.select_related("flow").get(pk=request.pk)
