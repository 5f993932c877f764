"""People as the directory shows them, and whether one of them is the applicant. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from accounts.graph.payloads import ISSUERS, guest_identity
from approvals.applicant import Applicant
from approvals.errors import Never

FIELDS = "id,userType,accountEnabled,mail,otherMails,externalUserState,identities,createdDateTime,deletedDateTime"


@dataclass(frozen=True)
class Person:
    """A user of the directory, as far as it matters here. `addresses` are in lower case."""

    id: str
    is_guest: bool = True
    is_blocked: bool = False
    is_pending: bool = False
    addresses: frozenset[str] = frozenset()
    identities: frozenset[tuple[str, str]] = frozenset()
    created_at: datetime | None = None
    deleted_at: datetime | None = None


def read_person(user: dict[str, Any]) -> Person:
    """A Person from Graph's JSON with FIELDS selected."""
    addresses = [user.get("mail"), *(user.get("otherMails") or [])]
    return Person(
        id=user["id"],
        is_guest=user.get("userType") == "Guest",
        is_blocked=user.get("accountEnabled") is False,
        is_pending=user.get("externalUserState") == "PendingAcceptance",
        addresses=frozenset(address.lower() for address in addresses if address),
        identities=frozenset(_identities(user.get("identities") or [])),
        created_at=_moment(user.get("createdDateTime")),
        deleted_at=_moment(user.get("deletedDateTime")),
    )


def is_same(person: Person, applicant: Applicant) -> bool:
    """Whether the person is the applicant, whatever the account is like.

    Someone with an external identity is told by it alone. Someone without one (they sign in with Entra or a Microsoft
    account) is told by the address, unless the account belongs to an external identity.
    """
    identity = guest_identity(applicant)
    if identity is not None:
        return _key(identity.issuer, identity.issuer_assigned_id) in person.identities
    federated = any(issuer in ISSUERS.values() for issuer, _id in person.identities)
    return applicant.normalised_email in person.addresses and not federated


def find_applicant(people: Iterable[Person], applicant: Applicant) -> Person | None:
    """The applicant's own guest account among people with the applicant's identity or address; None: nobody is there.

    Raises Never when the applicant has an account that cannot serve, or somebody else has the address.
    """
    people = list(people)
    same = [person for person in people if is_same(person, applicant)]
    usable = [person for person in same if person.is_guest and not person.is_blocked]
    if usable or not people:
        return usable[0] if usable else None
    raise _obstacle((same or people)[0], applicant)


def _obstacle(person: Person, applicant: Applicant) -> Never:
    if not person.is_guest:
        reason = _(
            "The directory already has an internal account with this address, so no guest can be made. Give that "
            "account access to the application instead."
        )
        return Never("internal_account", reason)
    if is_same(person, applicant):
        reason = _(
            "The applicant's guest account is there already, and it is blocked from signing in. Unblock or delete it "
            "in the Entra admin center, then retry."
        )
        return Never("account_blocked", reason)
    reason = _(
        "A guest who signs in with another identity has this address. Ask the applicant to sign in as that guest, or "
        "delete that guest in the Entra admin center, then retry."
    )
    return Never("another_guest", reason)


def _identities(entries: Iterable[dict[str, Any]]) -> Iterable[tuple[str, str]]:
    """Graph adds a sign-in name of its own, so that the external identity may stand anywhere."""
    for entry in entries:
        if entry.get("signInType") != "userPrincipalName":
            yield _key(entry.get("issuer") or "", entry.get("issuerAssignedId") or "")


def _moment(text: Any) -> datetime | None:
    """A time of Graph's; None for what is none, or says no zone."""
    try:
        moment = parse_datetime(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo else None


def _key(issuer: str, assigned: str) -> tuple[str, str]:
    return issuer.lower(), assigned.lower()
