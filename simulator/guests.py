"""How a guest comes to be: by POST /users, by invitation, or by Entra's own sign-up."""

from __future__ import annotations

from simulator.clock import stamp
from simulator.directory import Directory
from simulator.principal_names import external_principal_name
from simulator.store import Document

Identity = dict[str, str | None]


def new_guest(directory: Directory, address: str, properties: Document) -> Document:
    """A guest document with everything the directory fills in; not stored yet."""
    given = {"accountEnabled": True, "userType": "Guest", "mail": address, **properties}
    given.setdefault("userPrincipalName", free_principal_name(directory, address))
    given.setdefault("displayName", address.partition("@")[0])
    given.setdefault("mailNickname", given["userPrincipalName"].partition("@")[0][:64])
    given.setdefault("proxyAddresses", [f"SMTP:{address}"])
    given.setdefault("creationType", None)
    given.setdefault("externalUserState", None)
    # The sign-in name stands first, as a reminder that nobody may rely on identities[0].
    given["identities"] = [_sign_in_name(directory, given), *properties.get("identities", [])]
    return given


def free_principal_name(directory: Directory, address: str) -> str:
    """Entra's own name for a guest, with a number when another object has it."""
    name = external_principal_name(address, directory.domain)
    number = 1
    while directory.is_taken(name):
        name = external_principal_name(f"{number}{address}", directory.domain)
        number += 1
    return name


def invite(directory: Directory, address: str, display_name: str | None) -> Document:
    """Store a guest that still has to redeem; raises GraphError when a unique value is taken."""
    properties: Document = {
        "creationType": "Invitation",
        "externalUserState": "PendingAcceptance",
        "externalUserStateChangeDateTime": stamp(),
        "otherMails": [address],
    }
    if display_name:
        properties["displayName"] = display_name
    return directory.add_user(new_guest(directory, address, properties), subject="POST /v1.0/invitations")


def redeem(directory: Directory, user: Document) -> Document:
    """Mark an invitation accepted; the second time nothing changes."""
    if user.get("externalUserState") == "Accepted":
        return user
    identities = [
        *user["identities"],
        {"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None},
    ]
    return directory.change_user(
        user,
        {"externalUserState": "Accepted", "externalUserStateChangeDateTime": stamp(), "identities": identities},
    )


def sign_up(directory: Directory, address: str, identity: Identity, attributes: Document) -> Document:
    """Store the account that Entra makes after `Continue`; raises GraphError when a unique value is taken."""
    properties: Document = {
        "creationType": "SelfServiceSignUp",
        "externalUserState": "Accepted",
        "externalUserStateChangeDateTime": stamp(),
        "identities": [identity],
        **attributes,
    }
    return directory.add_user(new_guest(directory, address, properties), subject="self-service sign-up")


def _sign_in_name(directory: Directory, user: Document) -> Identity:
    return {
        "signInType": "userPrincipalName",
        "issuer": directory.domain,
        "issuerAssignedId": user["userPrincipalName"],
    }
