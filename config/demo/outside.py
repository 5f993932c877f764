"""The outside world of the demonstration's past: what the tenant answered when these guests were to be made.

It stands in for `accounts.provisioning.provision_guest` while the past is told, and for nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID, uuid4

from django.conf import settings

from accounts.graph.errors import Detail, GraphRefused
from accounts.graph.sorting import sort
from accounts.provisioning.case import Case, open_case
from approvals import workflow
from approvals.models import Delivery, OutboxEntry, SignUpRequest
from config.demo.stories import Story

# Graph's refusals as they come over the wire; what they mean to an administrator is sorted out by `accounts.graph`.
REFUSALS = {
    "domain_blocked": GraphRefused(400, "BadRequest", "The domain of the user is blocked by the invitation policy."),
    "permission_missing": GraphRefused(403, "Authorization_RequestDenied", permission="User.Invite.All"),
    "group_address": GraphRefused(400, "BadRequest", "Group email address is not supported."),
    "address_taken": GraphRefused(400, "Request_BadRequest", details=(Detail("ObjectConflict", "proxyAddresses"),)),
}

HOLD_SECONDS = 30

_HANDLERS: dict[str, str] = settings.OUTBOX_HANDLERS
_endings: dict[UUID, list[str]] = {}
_made: dict[UUID, str] = {}


@contextmanager
def played_for_the_past() -> Iterator[None]:
    """Let the outbox of this process deliver to this module, and decisions be held as long as they usually are.

    Looks into the tenant are left to the workers of the present: what approving will do is about the tenant of today.
    """
    real, hold = dict(_HANDLERS), settings.DECISION_HOLD_SECONDS
    _HANDLERS["guest.provision"] = f"{__name__}.provision_guest"
    del _HANDLERS["tenant.look"]
    settings.DECISION_HOLD_SECONDS = HOLD_SECONDS
    try:
        yield
    finally:
        _HANDLERS.update(real)
        settings.DECISION_HOLD_SECONDS = hold


def expect(request: SignUpRequest, story: Story) -> None:
    """Remember how the deliveries of this request end."""
    _endings[request.pk], _made[request.pk] = list(story.deliveries), story.made


def provision_guest(entry: OutboxEntry) -> None:
    """Deliver as the story says, and report it as provisioning does."""
    request = entry.request
    if request is None:
        raise LookupError("a guest is always made for a request")
    ending = _endings[request.pk].pop(0)
    if ending == "ok":
        _succeed(open_case(request, entry.attempts), Delivery.Made(_made[request.pk]))
        return
    problem = sort(REFUSALS[ending])
    stage = Delivery.Stage.INVITING if _made[request.pk] == Delivery.Made.INVITED else Delivery.Stage.CREATING
    workflow.record_progress(request.pk, stage)
    workflow.record_failed(request.pk, code=problem.code, explanation=problem.reason)


def _succeed(case: Case, made: Delivery.Made) -> None:
    object_id = str(uuid4())
    invited = made == Delivery.Made.INVITED
    redeem_url = f"{settings.SIMULATOR_URL}/redeem/{object_id}" if invited else ""
    with case.asking():
        case.keep(object_id, made, redeem_url=redeem_url, with_attributes=True)
    for group_id in case.flow.group_ids:
        case.note_group(group_id)
    workflow.record_provisioned(case.request.pk, guest_id=object_id, made=made, redeem_url=redeem_url)
