"""What a guest still needs once it is there: attributes, groups, and a look whether it really is there."""

from __future__ import annotations

import re
from typing import NoReturn

from django.utils.translation import gettext as _

from accounts.graph import client, payloads, sorting
from accounts.graph.errors import GraphRefused
from accounts.provisioning.case import GONE_SECONDS, Case
from accounts.provisioning.making import deleted_guest
from approvals import workflow
from approvals.errors import Later, Never
from approvals.models import Delivery

Stage = Delivery.Stage
# A custom attribute that was just registered is not available for seconds to minutes.
ATTRIBUTE_DELAYS = (5.0, 20.0, 60.0)

_GROUP_ID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


def complete(case: Case) -> None:
    """Afterwards the guest has everything. Raises Later, Never or GraphRefused."""
    _set_attributes(case)
    for group_id in case.flow.group_ids:
        if group_id not in case.account.groups_joined:
            _join(case, str(group_id))
    if client.read_user(case.account.object_id) is None:
        _missing(case)


def attribute_unavailable(case: Case, refused: GraphRefused) -> Later | Never:
    """Try a few times, for the directory may be about to know the attribute; then say its name."""
    never = sorting.attribute_unavailable(refused.unavailable)
    if case.attempts > len(ATTRIBUTE_DELAYS):
        return never
    return Later(never.code, never.reason, delay=ATTRIBUTE_DELAYS[case.attempts - 1], counts=True)


def _set_attributes(case: Case) -> None:
    if case.account.attributes_set_at is not None:
        return
    body = payloads.attributes(case.applicant)
    if body:
        workflow.record_progress(case.request.pk, Stage.UPDATING)
        try:
            client.change_user(case.account.object_id, body)
        except GraphRefused as refused:
            if refused.is_not_visible:
                _missing(case)
            raise
    case.note_attributes()


def _join(case: Case, group_id: str) -> None:
    if not _GROUP_ID.fullmatch(group_id):
        raise _group_unknown(group_id)
    workflow.record_progress(case.request.pk, Stage.GROUPS)
    try:
        client.add_member(group_id, case.account.object_id)
    except GraphRefused as refused:
        if not refused.is_already_member:
            _explain_group(case, group_id, refused)
    case.note_group(group_id)


def _explain_group(case: Case, group_id: str, refused: GraphRefused) -> NoReturn:
    """Say why the guest could not join: the guest may be too new, or the group at fault."""
    if refused.is_not_visible:
        if _group_exists(group_id):
            _missing(case)
        raise _group_unknown(group_id) from refused
    problem = sorting.sort(refused)
    if problem.code not in ("graph_refused", "value_refused"):
        raise problem
    reason = _(
        "The group %(group)s does not take the guest. Groups with dynamic members, or that come from an on-premises "
        "directory, take nobody: remove the group from the user flow or choose another, then retry."
    )
    raise Never("group_refused", reason % {"group": _shown(group_id)}) from refused


def _group_exists(group_id: str) -> bool:
    """Whether the directory has the group; also true when that may not be asked."""
    try:
        client.read_group(group_id)
    except GraphRefused as refused:
        if refused.status == 403:
            return True
        if refused.status in (400, 404):
            return False
        raise
    return True


def _group_unknown(group_id: str) -> Never:
    reason = _(
        "The directory has no group %(group)s. Correct the groups of the user flow, then retry: the guest is there, "
        "and joins the other groups."
    )
    return Never("group_unknown", reason % {"group": _shown(group_id)})


def _missing(case: Case) -> NoReturn:
    """The guest does not show: too new for a replica, deleted meanwhile, or never really made."""
    if not case.is_settled:
        raise case.not_visible_yet()
    if client.read_deleted(case.account.object_id) is not None:
        raise deleted_guest()
    if case.age > GONE_SECONDS:
        case.forget()
        raise Later("guest_gone", _("The guest is no longer in the directory and is made anew."), delay=1)
    raise case.not_visible_yet()


def _shown(group_id: str) -> str:
    return re.sub(r"[^\w-]", "", group_id)[:64]
