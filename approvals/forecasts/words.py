"""A sentence for each thing that a look may find, and what to do next where something stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from approvals.applicant import Identity, provider_name
from approvals.forecasts.codes import Code
from approvals.forecasts.unknown import Facts, words_for_unknown
from approvals.models import SignUpRequest

Words = tuple[str, str]


def words_for(code: Code, request: SignUpRequest, facts: Facts, at: datetime | None) -> Words:
    """The sentence and the advice, which may be empty. Facts that are missing make the sentence shorter."""
    if code == Code.UNKNOWN:
        return words_for_unknown(facts, at)
    return _WORDS[code](request, facts)


def _will_invite(request: SignUpRequest, facts: Facts) -> Words:
    """`policy` is `unread` where the tenant's policy on invitations could not be read."""
    sentence = _("Approving will invite %(address)s as a guest.") % {"address": request.email.strip()}
    unread = _("Whether the tenant allows invitations is not known: Foyer may not read its policy.")
    return sentence, unread if facts.get("policy") == "unread" else ""


def _will_create(_request: SignUpRequest, facts: Facts) -> Words:
    """`provider` is whom the guest signs in with."""
    provider = str(facts.get("provider", ""))
    if provider == "mail":
        return _("Approving will create a guest who signs in with a one-time passcode by email."), ""
    named = provider_name(Identity("federated", provider, ""))
    return _("Approving will create a guest who signs in with %(provider)s.") % {"provider": named}, ""


def _on_return(_request: SignUpRequest, _facts: Facts) -> Words:
    return _("After an approval, Entra makes the guest when this person signs up again."), ""


def _already_guest(request: SignUpRequest, facts: Facts) -> Words:
    """`since` is when the account was made, `pending` whether its invitation is still to be accepted."""
    since = _day(facts.get("since"))
    if facts.get("pending"):
        invited = _("This person was invited on %(date)s and has not accepted yet; approving sends them a new link.")
        undated = _("This person was invited before and has not accepted yet; approving sends them a new link.")
        return invited % {"date": since} if since else undated, ""
    if request.flow.group_ids:
        dated = _("This person is already a guest since %(date)s; approving updates the account and adds the groups.")
        undated = _("This person is already a guest; approving updates the account and adds the groups.")
    else:
        dated = _("This person is already a guest since %(date)s; approving updates the account.")
        undated = _("This person is already a guest; approving updates the account.")
    return dated % {"date": since} if since else undated, ""


def _member_of_tenant(_request: SignUpRequest, _facts: Facts) -> Words:
    return (
        _("This address belongs to an internal account of the tenant, so no guest can be made."),
        _("Deny the request, and give that account access to the application instead."),
    )


def _guest_blocked(_request: SignUpRequest, _facts: Facts) -> Words:
    return (
        _("This person's guest account is there, and it is blocked from signing in."),
        _("Unblock or delete it in the Entra admin center, then check again."),
    )


def _address_taken(_request: SignUpRequest, _facts: Facts) -> Words:
    return (
        _("A guest who signs in with another identity has this address."),
        _(
            "Ask the applicant to sign in as that guest, or delete that guest in the Entra admin center and check again."
        ),
    )


def _deleted_guest_blocks(_request: SignUpRequest, facts: Facts) -> Words:
    """`until` is when Entra removes the account by itself, `internal` whether it is none of a guest."""
    guest = _("A deleted guest blocks this address until it is restored or removed for good.")
    internal = _("A deleted internal account blocks this address until it is removed for good.")
    advice = _("Do that in the Entra admin center, under Users > Deleted users, then check again.")
    until = _day(facts.get("until"))
    by_itself = _("Entra removes it by itself on %(date)s.")
    sentence = internal if facts.get("internal") else guest
    return sentence, f"{advice} {by_itself % {'date': until}}" if until else advice


def _cannot_create(_request: SignUpRequest, _facts: Facts) -> Words:
    return _("The directory does not take this address: it has characters outside ASCII."), _another_address()


def _cannot_invite(_request: SignUpRequest, facts: Facts) -> Words:
    """`characters` are those that may not be in it."""
    told = _("This address cannot be invited: Entra does not take “%(characters)s” in this place.")
    return told % {"characters": str(facts.get("characters", ""))}, _another_address()


def _cannot_invite_plus(_request: SignUpRequest, _facts: Facts) -> Words:
    return _("This address cannot be invited: it has a plus sign."), _another_address()


def _another_address() -> str:
    return _("Deny the request, and ask the applicant to sign up with another address.")


def _own_domain(_request: SignUpRequest, _facts: Facts) -> Words:
    return (
        _("This address cannot be invited: its domain is the tenant's own."),
        _("Deny the request: an internal person needs an account and no invitation."),
    )


def _invitations_forbidden(_request: SignUpRequest, _facts: Facts) -> Words:
    return (
        _("The tenant does not allow invitations."),
        _(
            "An administrator can change that in the Entra admin center, under External Identities > External "
            "collaboration settings. Until then an approval waits."
        ),
    )


def _day(text: Any) -> str:
    """A fact's time as a date in the reader's zone; empty when there is none."""
    moment = parse_datetime(text) if isinstance(text, str) else None
    return date_format(timezone.localtime(moment), "j F Y") if moment else ""


_WORDS: dict[Code, Callable[[SignUpRequest, Facts], Words]] = {
    Code.WILL_INVITE: _will_invite,
    Code.WILL_CREATE: _will_create,
    Code.ON_RETURN: _on_return,
    Code.ALREADY_GUEST: _already_guest,
    Code.MEMBER_OF_TENANT: _member_of_tenant,
    Code.GUEST_BLOCKED: _guest_blocked,
    Code.ADDRESS_TAKEN: _address_taken,
    Code.DELETED_GUEST_BLOCKS: _deleted_guest_blocks,
    Code.CANNOT_CREATE: _cannot_create,
    Code.CANNOT_INVITE: _cannot_invite,
    Code.CANNOT_INVITE_PLUS: _cannot_invite_plus,
    Code.OWN_DOMAIN: _own_domain,
    Code.INVITATIONS_FORBIDDEN: _invitations_forbidden,
}
