"""The pretend tenant's side of the past: the guests that were delivered are in its directory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
from django.utils import timezone

from accounts.models import GuestAccount
from approvals.models import Delivery, SignUpRequest
from config.demo.people import PARTNER_GUESTS

PATIENCE_SECONDS = 20.0
REDEEMS_WITHIN = timedelta(days=12)


def settle_guests(pages_url: str) -> int:
    """Put the guests of delivered requests into an empty directory; the number of them. Nothing into a peopled one.

    Raises httpx.HTTPError when the pretend tenant does not take them.
    """
    with httpx.Client(base_url=pages_url, timeout=PATIENCE_SECONDS, trust_env=False) as tenant:
        directory = tenant.get("/control/directory").raise_for_status().json()
        guests = list(_guests())
        if directory["users"] or not guests:
            return 0
        made = tenant.post("/control/users", json=guests).raise_for_status().json()
        group = next((each for each in directory["groups"] if each["id"] == PARTNER_GUESTS), None)
        if group is not None:
            joined = set(GuestAccount.objects.exclude(groups_joined=[]).values_list("object_id", flat=True))
            members = [each["id"] for each in made if each["id"] in joined]
            tenant.post("/control/groups", json={**group, "members": members}).raise_for_status()
    return len(made)


def _guests() -> Iterator[dict[str, Any]]:
    """Each delivered request's guest as the directory keeps it; the newest of a person's requests."""
    done = SignUpRequest.objects.filter(delivery__state=Delivery.State.DONE).select_related("delivery", "flow")
    newest = {request.normalised_email: request for request in done.order_by("submitted_at")}
    for request in newest.values():
        yield _guest(request)


def _guest(request: SignUpRequest) -> dict[str, Any]:
    delivery = request.delivery
    made_at = request.closed_at or request.submitted_at
    guest: dict[str, Any] = {
        **request.attributes,
        "mail": request.email,
        "displayName": request.display_name,
        "createdDateTime": made_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "identities": [_identity(each) for each in request.identities],
    }
    if delivery.guest_id:
        guest["id"] = delivery.guest_id
    if delivery.made == Delivery.Made.RETURNED:
        guest |= {"creationType": "SelfServiceSignUp", "externalUserState": "Accepted"}
    if delivery.made == Delivery.Made.INVITED:
        # The more recent ones have not followed the link yet.
        accepted = timezone.now() - made_at > REDEEMS_WITHIN
        guest |= {"creationType": "Invitation", "externalUserState": "Accepted" if accepted else "PendingAcceptance"}
    return guest


def _identity(kept: dict[str, str]) -> dict[str, str]:
    return {
        "signInType": kept["sign_in_type"],
        "issuer": kept["issuer"],
        "issuerAssignedId": kept["issuer_assigned_id"],
    }
