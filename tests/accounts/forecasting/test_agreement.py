"""What was foreseen is what then happens: a forecast, an approval, and the guest or the failure that comes of it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from django.utils import timezone

from accounts.provisioning import provision_guest
from approvals import workflow
from approvals.errors import Later
from approvals.models import Delivery, OutboxEntry, SignUpRequest, UserFlow
from tests.accounts.forecasting.looking import ADDRESS, ENTRA, FACEBOOK, GOOGLE, ask, found, look, put
from tests.simulator_process import SimulatorProcess

PENDING = {"externalUserState": "PendingAcceptance"}
ACCEPTED = {"externalUserState": "Accepted", "identities": [ENTRA]}
DELETED = {"deletedDateTime": "2026-11-01T00:00:00Z"}
INTERNAL = {"userType": "Member"}
BLOCKED = {"accountEnabled": False}
OWN = f"john@{SimulatorProcess.tenant_domain}"

# What is foreseen → how the delivery ends: its state, and how the guest was made or what stands in the way.
ENDS = {
    "will_invite": ("done", "invited"),
    "will_create": ("done", "created"),
    "already_guest": ("done", "adopted"),
    "member_of_tenant": ("failed", "internal_account"),
    "guest_blocked": ("failed", "account_blocked"),
    "address_taken": ("failed", "another_guest"),
    "deleted_guest_blocks": ("failed", "guest_deleted"),
    "cannot_create": ("failed", "address_not_usable"),
    "cannot_invite": ("failed", "address_not_invitable"),
    "cannot_invite_plus": ("failed", "address_not_invitable"),
    "own_domain": ("failed", "own_domain"),
    "invitations_forbidden": ("queued", "invitations_forbidden"),
}

# Provider, address, who is in the directory, a fault, and what is foreseen.
CASES: list[tuple[str, str, dict[str, Any] | None, str, str]] = [
    ("google", ADDRESS, None, "", "will_create"),
    ("facebook", ADDRESS, None, "", "will_create"),
    ("mail", ADDRESS, None, "", "will_create"),
    ("google", "john+news@fabrikam.example", None, "", "will_create"),
    ("google", ADDRESS, None, "invitations_forbidden", "will_create"),
    ("google", ADDRESS, {"mail": "other@fabrikam.example"}, "", "will_create"),
    ("google", ADDRESS, {"identities": [GOOGLE]}, "", "already_guest"),
    ("google", ADDRESS, {"identities": [GOOGLE], "mail": "other@fabrikam.example"}, "", "already_guest"),
    ("google", ADDRESS, {"identities": [GOOGLE], **PENDING}, "invitations_forbidden", "already_guest"),
    ("google", ADDRESS, {"identities": [GOOGLE], **BLOCKED}, "", "guest_blocked"),
    ("google", ADDRESS, {"identities": [FACEBOOK]}, "", "address_taken"),
    ("google", ADDRESS, {"mail": "x@fabrikam.example", "otherMails": [ADDRESS]}, "", "address_taken"),
    ("google", ADDRESS, INTERNAL, "", "member_of_tenant"),
    ("google", ADDRESS, {"identities": [GOOGLE], **DELETED}, "", "deleted_guest_blocks"),
    ("google", ADDRESS, {"identities": [FACEBOOK], **DELETED}, "", "deleted_guest_blocks"),
    ("google", "jöhn@fabrikam.example", None, "", "cannot_create"),
    ("entra", ADDRESS, None, "", "will_invite"),
    ("entra", "o'hara@fabrikam.example", None, "", "will_invite"),
    ("entra", ADDRESS, ACCEPTED, "", "already_guest"),
    ("entra", ADDRESS, ACCEPTED, "invitations_forbidden", "already_guest"),
    ("entra", ADDRESS, PENDING, "", "already_guest"),
    ("entra", ADDRESS, PENDING, "invitations_forbidden", "invitations_forbidden"),
    ("entra", ADDRESS, None, "invitations_forbidden", "invitations_forbidden"),
    ("entra", ADDRESS, DELETED, "invitations_forbidden", "invitations_forbidden"),
    ("entra", ADDRESS, INTERNAL, "invitations_forbidden", "member_of_tenant"),
    ("entra", ADDRESS, BLOCKED, "", "guest_blocked"),
    ("entra", ADDRESS, {"identities": [GOOGLE]}, "", "address_taken"),
    ("entra", ADDRESS, DELETED, "", "deleted_guest_blocks"),
    ("entra", "john+news@fabrikam.example", None, "", "cannot_invite_plus"),
    ("entra", "john+news@fabrikam.example", None, "invitations_forbidden", "cannot_invite_plus"),
    ("entra", "john-@fabrikam.example", None, "", "cannot_invite"),
    ("entra", OWN, None, "", "own_domain"),
    ("entra", OWN, {"mail": OWN, **INTERNAL}, "", "member_of_tenant"),
]


def provision(request: SignUpRequest) -> tuple[str, str]:
    """How the delivery stands after a worker has tried: its state, and how the guest was made or the code."""
    entry = OutboxEntry.objects.filter(request=request, kind="guest.provision").latest("created_at")
    entry.attempts = 1
    with suppress(Later):
        provision_guest(entry)
    delivery = Delivery.objects.get(pk=request.pk)
    return delivery.state, delivery.made or delivery.code


@pytest.mark.parametrize(("provider", "email", "user", "fault", "foreseen"), CASES)
def test_it_comes_as_it_was_foreseen(
    tenant: SimulatorProcess,
    flow: UserFlow,
    provider: str,
    email: str,
    user: dict[str, Any] | None,
    fault: str,
    foreseen: str,
) -> None:
    if user is not None:
        put(tenant, **user)
    if fault:
        tenant.fault(fault)
    request = ask(flow, provider=provider, email=email)

    look(request)
    workflow.approve(request.pk, actor=None)
    ended = provision(request)

    assert found(request)[0] == foreseen
    assert ended == ENDS[foreseen]


def test_every_end_is_foreseen_in_some_case() -> None:
    assert {foreseen for *_what, foreseen in CASES} == set(ENDS)


@pytest.mark.parametrize(
    ("user", "domain_blocked", "ended"),
    [
        # Graph finds deleted accounts by address; whom an identity belonged to shows in the conflict alone.
        ({"mail": "old@fabrikam.example", "identities": [GOOGLE], **DELETED}, False, ("failed", "guest_deleted")),
        # Lists of allowed and blocked domains are nothing that Graph lets an application read.
        (None, True, ("failed", "domain_blocked")),
    ],
)
def test_it_cannot_foresee_what_graph_does_not_show(
    tenant: SimulatorProcess,
    flow: UserFlow,
    user: dict[str, Any] | None,
    domain_blocked: bool,
    ended: tuple[str, str],
) -> None:
    if user:
        put(tenant, **user)
    if domain_blocked:
        tenant.fault("blocked_domain", value="fabrikam.example")
    request = ask(flow, provider="entra" if domain_blocked else "google")

    look(request)
    workflow.approve(request.pk, actor=None)

    assert found(request)[0] in ("will_create", "will_invite")
    assert provision(request) == ended


def test_what_was_mended_is_foreseen_and_comes(tenant: SimulatorProcess, flow: UserFlow) -> None:
    deleted = put(tenant, identities=[GOOGLE], **DELETED)
    request = ask(flow)
    look(request)
    workflow.approve(request.pk, actor=None)
    assert provision(request) == ("failed", "guest_deleted")
    tenant.post("users", {"id": deleted, "mail": ADDRESS, "identities": [GOOGLE]})

    workflow.reopen(request.pk, actor=None)
    look(request)
    assert found(request)[0] == "already_guest"
    workflow.approve(request.pk, actor=None)

    assert timezone.now() > OutboxEntry.objects.filter(kind="guest.provision").latest("created_at").due_at
    assert provision(request) == ("done", "adopted")
