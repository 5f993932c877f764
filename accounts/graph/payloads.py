"""The bodies that Foyer sends to Graph. Pure.

Only properties that Graph's user has are sent, each within its length: an unknown or empty one refuses the whole call.
"""

from __future__ import annotations

import re
from typing import Any

from accounts.graph.principal_names import principal_name
from approvals.applicant import Applicant, AttributeValue, Identity
from approvals.policy.attributes import ATTRIBUTES

ISSUERS = {"google": "google.com", "facebook": "facebook.com", "mail": "mail"}

_EXTENSION = re.compile(r"extension_[0-9a-fA-F]{32}_\w+", re.ASCII)
_CULTURE = re.compile(r"[a-z]{2}-[A-Z]{2}")

Body = dict[str, Any]


def guest_identity(applicant: Applicant) -> Identity | None:
    """The identity with which Graph can create the guest, its issuer as Graph spells it; None: they must be invited."""
    identity = applicant.identity
    if identity is None or not identity.is_federated_guest:
        return None
    return Identity("federated", ISSUERS[identity.provider], identity.issuer_assigned_id)


def guest(applicant: Applicant, identity: Identity, domain: str, *, distinct: str = "") -> Body:
    """The body of POST /users. No password: the identity provider has one."""
    name = principal_name(applicant.email, domain, distinct=distinct)
    return {
        **attributes(applicant),
        "displayName": _display_name(applicant),
        "userPrincipalName": name,
        "mailNickname": name.partition("#")[0],
        "mail": applicant.email.strip(),
        "userType": "Guest",
        "accountEnabled": True,
        "passwordPolicies": "DisablePasswordExpiration",
        "identities": [
            {
                "signInType": identity.sign_in_type,
                "issuer": identity.issuer,
                "issuerAssignedId": identity.issuer_assigned_id,
            }
        ],
    }


def invitation(applicant: Applicant, *, redirect_url: str, language: str, send_message: bool) -> Body:
    """The body of POST /invitations. Without `send_message` Microsoft sends no mail at all."""
    return {
        "invitedUserEmailAddress": applicant.email.strip(),
        "invitedUserDisplayName": _display_name(applicant),
        "inviteRedirectUrl": redirect_url,
        "invitedUserType": "Guest",
        "sendInvitationMessage": send_message,
        "invitedUserMessageInfo": {"messageLanguage": language},
    }


def attributes(applicant: Applicant) -> Body:
    """The collected attributes, as PATCH /users/{id} takes them; empty when there are none."""
    body = {name: _fitted(name, value) for name, value in applicant.attributes.items() if _is_property(name)}
    culture = next((locale for locale in applicant.locales if _CULTURE.fullmatch(locale)), "")
    return {name: value for name, value in {**body, "preferredLanguage": culture}.items() if value != ""}


def member(graph_url: str, user_id: str) -> Body:
    """The body of POST /groups/{id}/members/$ref; the address must be of the cloud that is asked."""
    return {"@odata.id": f"{graph_url}/directoryObjects/{user_id}"}


def _display_name(applicant: Applicant) -> str:
    # Never empty: both calls refuse a guest without a name.
    name = applicant.display_name.strip() or applicant.email.strip()
    return name[: ATTRIBUTES["displayName"]]


def _is_property(name: str) -> bool:
    return name in ATTRIBUTES or _EXTENSION.fullmatch(name) is not None


def _fitted(name: str, value: AttributeValue) -> AttributeValue:
    return value.strip()[: ATTRIBUTES.get(name)] if isinstance(value, str) else value
