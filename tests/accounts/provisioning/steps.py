"""What tests of provisioning do and look at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import GuestAccount
from accounts.provisioning import provision_guest
from approvals.errors import Later
from approvals.models import Delivery, OutboxEntry, SignUpRequest
from tests.simulator_process import SimulatorProcess


def attempt(request: SignUpRequest, *, attempts: int = 1) -> Later | None:
    """One attempt of a worker's; the Later that it ended with, if it did."""
    entry = OutboxEntry.objects.filter(request=request, kind="guest.provision").latest("created_at")
    entry.attempts = attempts
    try:
        provision_guest(entry)
    except Later as later:
        return later
    return None


def delivery(request: SignUpRequest) -> Delivery:
    """How far the delivery is."""
    return Delivery.objects.get(pk=request.pk)


def failure(request: SignUpRequest) -> tuple[str, str, str]:
    """State, code and explanation of the delivery."""
    found = delivery(request)
    return found.state, found.code, found.explanation


def guests(tenant: SimulatorProcess) -> list[dict[str, Any]]:
    """Everybody in the directory who is alive."""
    return [user for user in tenant.users() if "deletedDateTime" not in user]


def the_guest(tenant: SimulatorProcess) -> dict[str, Any]:
    """The only one there."""
    [guest] = guests(tenant)
    return guest


def calls(tenant: SimulatorProcess) -> list[str]:
    """What was asked of Graph, without queries and ids."""
    made = tenant.get("graph-calls")
    return [f"{call['method']} {_general(call['path'])}" for call in made]


def mails_due(request: SignUpRequest) -> list[str]:
    """The mails to the applicant that follow from what has happened."""
    kinds = OutboxEntry.objects.filter(request=request, kind="mail.approved")
    return [entry.kind for entry in kinds]


def let_time_pass(request: SignUpRequest, seconds: float) -> None:
    """As if everything about the guest had happened that much earlier."""
    account = GuestAccount.objects.get(request=request)
    earlier = timedelta(seconds=seconds)
    account.created_at -= earlier
    account.asked_at = account.asked_at and account.asked_at - earlier
    account.save()


def seconds_until_next_try(request: SignUpRequest) -> float:
    """How long the delivery says that it waits."""
    next_try_at = delivery(request).next_try_at
    assert next_try_at is not None
    return (next_try_at - timezone.now()).total_seconds()


def _general(path: str) -> str:
    parts = path.removeprefix("/v1.0/").partition("?")[0].split("/")
    return "/".join("{id}" if len(part) == 36 else part for part in parts)
