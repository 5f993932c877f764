"""What crosses the door: the person who signs up, as plain frozen data that knows no wire format and no database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext

# Microsoft's documentation names these issuers with and without `.com`, in prose and in examples.
_PROVIDERS = {
    "google": "google",
    "google.com": "google",
    "facebook": "facebook",
    "facebook.com": "facebook",
    "mail": "mail",
}

AttributeValue = str | int | bool


@dataclass(frozen=True)
class Identity:
    """An external identity as Graph's objectIdentity describes it: issuer and the issuer's own id for the person."""

    sign_in_type: str
    issuer: str
    issuer_assigned_id: str

    @property
    def provider(self) -> str:
        """`google`, `facebook` or `mail`; else the issuer in lower case."""
        return _PROVIDERS.get(self.issuer.strip().lower(), self.issuer.strip().lower())

    @property
    def is_federated_guest(self) -> bool:
        """Whether Graph can create a guest with this identity, so that no invitation is needed."""
        return self.provider in _PROVIDERS.values()


@dataclass(frozen=True)
class Applicant:
    """A person in a user flow.

    `attributes` are the usable ones by their Graph names (`givenName`, `surname`, `extension_…`); `received` is
    the whole claim set as it came, as ASCII JSON text, so that characters a database cannot hold survive in it.
    """

    email: str
    identities: tuple[Identity, ...] = ()
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    locales: tuple[str, ...] = ()
    received: str = "{}"

    @property
    def identity(self) -> Identity | None:
        """The first identity, which is the one that the person signed in with."""
        return self.identities[0] if self.identities else None

    @property
    def normalised_email(self) -> str:
        """The address as it is compared: trimmed and in lower case; dots and plus tags mean something and stay."""
        return self.email.strip().lower()

    @property
    def key(self) -> str:
        """64 hex digits that are equal when two sign-ups are the same person's.

        (issuer, issuer's id) when the identity provider gave one, else the address. The two never meet: without
        that, whoever signs in elsewhere with someone's address would see or occupy that person's request.
        """
        if self.identity:
            parts = ["identity", self.identity.provider, self.identity.issuer_assigned_id]
        else:
            parts = ["email", self.normalised_email]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    @property
    def display_name(self) -> str:
        """What to call the person: the display name, else given name and surname, else the local part."""
        named = str(self.attributes.get("displayName", "")).strip()
        parts = (str(self.attributes.get(name, "")).strip() for name in ("givenName", "surname"))
        return named or " ".join(part for part in parts if part) or self.email.partition("@")[0]


def provider_name(identity: Identity | None) -> str:
    """Whom somebody signed in with, for people: an unknown issuer as it was received.

    Entra sends no identity for its own accounts and Microsoft's, and does not say which of them it was.
    """
    if identity is None:
        return gettext("Microsoft Entra or a Microsoft account")
    names = {"google": "Google", "facebook": "Facebook", "mail": gettext("One-time passcode by email")}
    return names.get(identity.provider, identity.issuer)
