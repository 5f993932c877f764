"""Looking into the tenant before a decision: the outbox handler `tenant.look`.

It asks what provisioning asks before it acts, with the same functions, and changes nothing in the tenant. At most three
reads, none of which counts against the quota of writes. Safe to run twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone

from accounts.graph import client
from accounts.graph.errors import GraphRefused
from accounts.graph.people import Person
from accounts.graph.principal_names import characters_not_invitable
from accounts.graph.sorting import sort
from accounts.provisioning import looking
from approvals import workflow
from approvals.applicant import Applicant
from approvals.errors import Later, Never
from approvals.forecasts import Code
from approvals.models import Delivery, Forecast, OutboxEntry, SignUpRequest, UserFlow

KEPT_DELETED = timedelta(days=30)
"""How long Entra keeps what was deleted."""
GOES_ON_FOR = timedelta(hours=12)
"""For how long a tenant that cannot be asked is asked again, ever more seldom."""

# What `looking` raises when somebody or something stands in the way.
OBSTACLES = {
    "internal_account": Code.MEMBER_OF_TENANT,
    "account_blocked": Code.GUEST_BLOCKED,
    "another_guest": Code.ADDRESS_TAKEN,
    "address_not_usable": Code.CANNOT_CREATE,
    "address_not_invitable": Code.CANNOT_INVITE,
}

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Finding:
    """What a look found. Facts are ids, codes and times."""

    code: Code
    facts: dict[str, Any] = field(default_factory=dict)


def look(entry: OutboxEntry) -> None:
    """Find out what approving the entry's request would do, and keep it. Nothing for a request that is decided.

    Raises Later while a decision can still be undone, and when the tenant could not be asked, which is noted then.
    """
    request = entry.request
    if request is None or not _waits(request) or _is_known(request, entry):
        return
    began_at = timezone.now()
    try:
        finding = foresee(request)
    except GraphRefused as refused:
        _note_unknown(entry, sort(refused), began_at, permission=refused.permission)
    except (Later, Never) as problem:
        _note_unknown(entry, problem, began_at)
    else:
        _keep(request, finding, began_at)


def give_up(entry: OutboxEntry, code: str, _reason: str) -> None:
    """Note that no further look will be made by itself."""
    if entry.request is not None:
        _keep(entry.request, Finding(Code.UNKNOWN, {"why": code}), timezone.now())


def foresee(request: SignUpRequest) -> Finding:
    """What approving would do. Raises Later, Never or GraphRefused when that cannot be found out."""
    if request.flow.provisioning == UserFlow.Provisioning.ON_RETURN:
        return Finding(Code.ON_RETURN)
    applicant = request.applicant
    try:
        person = looking.find_guest(applicant)
        if person is not None:
            return _adopting(person, applicant)
        return _inviting(applicant) if looking.is_invited(applicant) else _creating(applicant)
    except Never as obstacle:
        if obstacle.code not in OBSTACLES:
            raise
        return _obstacle(OBSTACLES[obstacle.code], applicant)


def _adopting(person: Person, applicant: Applicant) -> Finding:
    is_invited_again = looking.needs_a_link(person, applicant)
    if is_invited_again and _invitations() == "forbidden":
        return Finding(Code.INVITATIONS_FORBIDDEN)
    since = person.created_at.isoformat() if person.created_at else None
    return Finding(Code.ALREADY_GUEST, {"guest_id": person.id, "since": since, "pending": is_invited_again})


def _creating(applicant: Applicant) -> Finding:
    looking.require_creatable(applicant)
    looking.tenant_domain()
    provider = applicant.identity.provider if applicant.identity else ""
    return _held_by_deleted(applicant) or Finding(Code.WILL_CREATE, {"provider": provider})


def _inviting(applicant: Applicant) -> Finding:
    looking.require_invitable(applicant)
    policy = _invitations()
    if policy == "forbidden":
        return Finding(Code.INVITATIONS_FORBIDDEN)
    if applicant.normalised_email.rpartition("@")[2] == settings.ENTRA_TENANT_DOMAIN.lower():
        return Finding(Code.OWN_DOMAIN)
    return _held_by_deleted(applicant) or Finding(Code.WILL_INVITE, {"policy": policy})


def _held_by_deleted(applicant: Applicant) -> Finding | None:
    deleted = looking.find_deleted(applicant)
    if not deleted:
        return None
    [first, *_others] = deleted
    until = (first.deleted_at + KEPT_DELETED).isoformat() if first.deleted_at else None
    facts = {"guest_id": first.id, "until": until, "internal": not first.is_guest}
    return Finding(Code.DELETED_GUEST_BLOCKS, facts)


def _invitations() -> str:
    """Whether the tenant lets Foyer invite: `allowed`, `forbidden`, or `unread`.

    Where the policy may not be read, a delivery that stands still for it says so too.
    """
    if client.may_read_policies():
        return "forbidden" if client.forbids_invitations() else "allowed"
    refused = Delivery.objects.filter(state=Delivery.State.QUEUED, code=Code.INVITATIONS_FORBIDDEN)
    return "forbidden" if refused.exists() else "unread"


def _obstacle(code: Code, applicant: Applicant) -> Finding:
    if code != Code.CANNOT_INVITE:
        return Finding(code)
    characters = characters_not_invitable(applicant.email.strip())
    if characters == "+":
        return Finding(Code.CANNOT_INVITE_PLUS)
    return Finding(code, {"characters": characters})


def _waits(request: SignUpRequest) -> bool:
    """Whether the request is pending. Raises Later while it may become so again."""
    if request.effects_at is not None and not request.is_in_effect():
        raise Later("decision_held", delay=(request.effects_at - timezone.now()).total_seconds())
    return request.status == SignUpRequest.Status.PENDING


def _is_known(request: SignUpRequest, entry: OutboxEntry) -> bool:
    """Whether a look that began after this one was asked for has found something: then it need not be made."""
    forecast: Forecast | None = getattr(request, "forecast", None)
    if forecast is None or forecast.asked_at is not None or forecast.code in ("", Code.UNKNOWN):
        return False
    return forecast.at >= entry.created_at


def _note_unknown(entry: OutboxEntry, problem: Later | Never, began_at: datetime, *, permission: str = "") -> None:
    """Keep why it is not known. Raises Later, with its delay, as long as Foyer goes on trying."""
    request = entry.request
    if request is None:
        return
    tried_for = timezone.now() - (entry.begun_at or began_at)
    # Settings are read at the start: until then there is nothing to try.
    again = isinstance(problem, Later) and problem.code != "not_configured" and tried_for < GOES_ON_FOR
    facts = {"why": problem.code, "again": again}
    if problem.code == "permission_missing":
        facts["permission"] = permission
    _keep(request, Finding(Code.UNKNOWN, facts), began_at)
    if isinstance(problem, Later) and again:
        raise problem


def _keep(request: SignUpRequest, finding: Finding, began_at: datetime) -> None:
    workflow.record_forecast(request.pk, code=finding.code, facts=finding.facts, at=began_at)
    log.info("tenant_looked_into", request=str(request.pk), code=finding.code, why=finding.facts.get("why", ""))
