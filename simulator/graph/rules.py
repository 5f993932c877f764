"""What the directory refuses in a body that its schema lets pass."""

from __future__ import annotations

from simulator.attributes import LENGTHS, custom_attributes
from simulator.directory import Directory
from simulator.principal_names import is_mail_address, is_principal_name, may_be_invited
from simulator.refusals import (
    bad_invitation,
    invalid_principal_name,
    invalid_property,
    unknown_extensions,
)
from simulator.store import Document

LONGEST_ISSUER = 512
LONGEST_ASSIGNED_ID = 64


def check_properties(body: Document, extensions_app_id: str) -> None:
    """Raise for a value that is empty, too long, or of an unknown or differently typed custom attribute."""
    known = custom_attributes(extensions_app_id)
    unknown = [name for name in body if name.startswith("extension_") and name not in known]
    if unknown:
        raise unknown_extensions(unknown)
    for name, value in body.items():
        if value == "" or (name in LENGTHS and len(value) > LENGTHS[name]):
            raise invalid_property(name)
        if name in known and not known[name].accepts(value):
            raise invalid_property(name)


def check_new_guest(body: Document, domain: str) -> None:
    """Raise for a name, address or identity that the directory does not take."""
    name = body["userPrincipalName"]
    if not is_principal_name(name):
        raise invalid_principal_name()
    if name.rpartition("@")[2].lower() != domain:
        raise invalid_property(
            "userPrincipalName",
            "The domain portion of the userPrincipalName property is invalid. "
            "You must use one of the verified domain names in your organization.",
        )
    if not is_mail_address(body["mail"]):
        raise invalid_property("mail")
    for identity in body["identities"]:
        too_long = len(identity["issuer"]) > LONGEST_ISSUER or len(identity["issuerAssignedId"]) > LONGEST_ASSIGNED_ID
        if too_long:
            raise invalid_property("identities")


def check_invitable(address: str, directory: Directory) -> None:
    """Raise for an address that cannot become a guest here: wrong form, ours, or a group's."""
    if not may_be_invited(address):
        raise bad_invitation("The invited user email address is not valid.")
    existing = directory.find_by_mail(address)
    if existing is not None and _is_internal(existing):
        raise _already_here(existing)
    if address.rpartition("@")[2].lower() == directory.domain:
        raise bad_invitation(
            "This user cannot be invited because the domain of the user's email address "
            "is a verified domain of this directory."
        )
    if any(group.get("mail", "").lower() == address.lower() for group in directory.groups()):
        raise bad_invitation("Group email address is not supported.")


def _is_internal(user: Document) -> bool:
    return user.get("userType") != "Guest" or user.get("accountEnabled") is False


def _already_here(user: Document) -> Exception:
    known = f"The invited user already exists in the directory as object ID: {user['id']}"
    if user.get("accountEnabled") is False:
        return bad_invitation(
            f"{known}, but the account is blocked from signing in. If the account is unblocked, "
            "they can use that account to sign in to shared apps and resources."
        )
    return bad_invitation(f"{known}. They can use that account to sign in to shared apps and resources.")
