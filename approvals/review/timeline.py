"""Audit events in words, for the timeline of a request and for the history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from approvals.models import Action, AuditEvent, Delivery
from approvals.review import about_policy

# What the database can hold: beyond it, asking for an id is an error.
LARGEST_ID = 2**63 - 1
_MAILS = {
    "received": gettext_lazy("Told the applicant that the request was received"),
    "approved": gettext_lazy("Told the applicant of the approval"),
    "denied": gettext_lazy("Told the applicant of the denial"),
    "waiting": gettext_lazy("Told a reviewer that the request waits"),
}
_TONES: dict[str, str] = {
    Action.APPROVED: "good",
    Action.APPROVED_BY_POLICY: "good",
    Action.PROVISIONED: "good",
    Action.RETURNED: "good",
    Action.DENIED: "bad",
    Action.REFUSED_BY_POLICY: "bad",
    Action.DELIVERY_FAILED: "bad",
    Action.MAIL_FAILED: "bad",
    Action.UNDONE: "turn",
    Action.REOPENED: "turn",
}
_ICONS: dict[str, str] = {
    Action.SUBMITTED: "inbox",
    Action.ANSWERS_CHANGED: "pencil",
    Action.APPROVED: "check",
    Action.DENIED: "cross",
    Action.APPROVED_BY_POLICY: "check",
    Action.REFUSED_BY_POLICY: "cross",
    Action.VERIFIED: "shield",
    Action.VERIFICATION_CHANGED: "shield",
    Action.UNDONE: "undo",
    Action.REOPENED: "undo",
    Action.EXPIRED: "clock",
    Action.WITHDRAWN: "cross",
    Action.PROVISIONED: "person",
    Action.RETURNED: "person",
    Action.DELIVERY_FAILED: "alert",
    Action.DELIVERY_RETRIED: "retry",
    Action.MAIL_SENT: "mail",
    Action.MAIL_FAILED: "alert",
}
SYSTEM = pgettext_lazy("who did it", "Foyer")
POLICY = pgettext_lazy("who did it", "Sign-up policy")


@dataclass(frozen=True)
class Entry:
    """One event as a person reads it. `reason` went to the applicant, `note` is the reviewers' own."""

    at: datetime
    what: str
    who: str
    icon: str
    tone: str
    reason: str = ""
    note: str = ""
    detail: str = ""


def entries_of(events: Iterable[AuditEvent]) -> list[Entry]:
    """The events in words, in their order, whatever their data holds. One query more when mail went to reviewers."""
    events = list(events)
    told = {user for event in events if (user := _told(event))}
    names = {pk: str(user) for pk, user in get_user_model().objects.in_bulk(list(told)).items()} if told else {}
    return [_entry(event, names) for event in events]


def _told(event: AuditEvent) -> int:
    """The id of the reviewer that a mail went to; 0 when the event is of another kind, or says nothing usable."""
    user = _facts(event).get("user")
    return user if event.action == Action.MAIL_SENT and type(user) is int and 0 < user <= LARGEST_ID else 0


def _facts(event: AuditEvent) -> dict[str, Any]:
    """What is known of an event; nothing when its data is not a map, which only a hand at the database could do."""
    return event.data if isinstance(event.data, dict) else {}


def _entry(event: AuditEvent, names: dict[int, str]) -> Entry:
    data = _facts(event)
    return Entry(
        at=event.at,
        what=_what(event, data, names),
        who=event.actor_name or _nobody_in_person(event.action),
        icon=_ICONS.get(event.action, "gear"),
        tone=about_policy.tone(event.action, data) or _TONES.get(event.action, ""),
        reason=str(data.get("reason") or "") if event.action == Action.DENIED else "",
        # What somebody writes beside a new version of the policy is no note about an applicant.
        note="" if event.action == Action.POLICY_CHANGED else str(data.get("note") or ""),
        detail=_detail(event.action, data),
    )


def _nobody_in_person(action: str) -> str:
    """Whose doing it was: the applicant's, the policy's, or Foyer's."""
    if action in (Action.SUBMITTED, Action.ANSWERS_CHANGED, Action.WITHDRAWN, Action.RETURNED):
        return _("Applicant")
    if action in (Action.APPROVED_BY_POLICY, Action.REFUSED_BY_POLICY):
        return str(POLICY)
    return str(SYSTEM)


def _what(event: AuditEvent, data: dict[str, Any], names: dict[int, str]) -> str:
    action, mail, made = event.action, str(data.get("mail")), data.get("made")
    if action == Action.MAIL_SENT and mail in _MAILS:
        told = names.get(_told(event))
        return _("Told %(name)s that the request waits") % {"name": told} if told else str(_MAILS[mail])
    if action == Action.MAIL_FAILED and mail == "waiting":
        return _("Mail to a reviewer could not be sent")
    if action == Action.MAIL_FAILED:
        return _("Mail to the applicant could not be sent")
    if action == Action.PROVISIONED and made == Delivery.Made.INVITED:
        return _("Guest invited")
    if action == Action.PROVISIONED and made == Delivery.Made.CREATED:
        return _("Guest created")
    return about_policy.what(action, data) or str(event.get_action_display())


def _detail(action: str, data: dict[str, Any]) -> str:
    """One more line where the event's facts say something that its name does not."""
    if action in (Action.DELIVERY_FAILED, Action.MAIL_FAILED):
        return str(data.get("explanation") or data.get("reason") or data.get("code") or "")
    if action == Action.DENIED and data.get("tell_applicant") is False:
        return _("The applicant was not told.")
    if action == Action.SUBMITTED and data.get("previous"):
        return _("Asked before as %(reference)s.") % {"reference": data["previous"]}
    return about_policy.detail(action, data) or _administrators_detail(action, data)


def _administrators_detail(action: str, data: dict[str, Any]) -> str:
    """The same of what an administrator has done."""
    if action in (Action.CREDENTIAL_ISSUED, Action.CREDENTIAL_REVOKED):
        return str(data.get("username") or data.get("name") or "")
    if action in (Action.TOKEN_ISSUED, Action.TOKEN_REVOKED):
        token, owner = str(data.get("name") or ""), data.get("user")
        return _("%(token)s, acts as %(user)s") % {"token": token, "user": owner} if owner else token
    return ""
