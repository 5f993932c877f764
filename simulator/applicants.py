"""Applicants as Entra knows them: the account they sign in with, and the claims that follow from it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from simulator.attributes import custom_attributes
from simulator.guests import Identity
from simulator.store import Document


@dataclass(frozen=True)
class Provider:
    """A way to sign in. `issuer` is what the connector is told, where it is told at all."""

    key: str
    label: str
    directory_issuer: str
    issuer: str | None = None
    digits: int = 0


PROVIDERS = {
    each.key: each
    for each in (
        Provider("google", "Google", "google.com", "google.com", digits=21),
        Provider("facebook", "Facebook", "facebook.com", "facebook.com", digits=17),
        Provider("mail", "Email one-time passcode", "mail", "mail"),
        Provider("entra", "Microsoft Entra ID account", "ExternalAzureAD"),
        Provider("microsoft", "Microsoft account", "MicrosoftAccount"),
    )
}
# A person who only proved an address has no name yet.
NAMELESS = {"mail"}
LOCALES = {"en": "en-US", "es": "es-ES", "de": "de-DE", "fr": "fr-FR", "nl": "nl-NL", "pt": "pt-PT"}
LANGUAGES = {
    "en": "English",
    "es": "Español",
    "de": "Deutsch",
    "fr": "Français",
    "nl": "Nederlands",
    "pt": "Português",
}


@dataclass(frozen=True)
class Applicant:
    """A person at the sign-up page."""

    provider: Provider
    email: str
    given_name: str = ""
    surname: str = ""
    ui_locales: str = "en-US"

    @property
    def display_name(self) -> str:
        """Both names, as the provider would put them together."""
        return f"{self.given_name} {self.surname}".strip()

    @property
    def assigned_id(self) -> str:
        """The provider's id of the person: the same each time the same address signs in."""
        if not self.provider.digits:
            return self.email
        digest = hashlib.sha256(f"{self.provider.key}:{self.email.lower()}".encode()).hexdigest()
        # A leading 1 keeps the number of digits.
        return ("1" + str(int(digest, 16)))[: self.provider.digits]

    def directory_identity(self) -> Identity:
        """The identity that the directory keeps."""
        known = self.provider.issuer is not None
        return {
            "signInType": "federated",
            "issuer": self.provider.directory_issuer,
            "issuerAssignedId": self.assigned_id if known else None,
        }

    def claims_at_check(self) -> Document:
        """What check-status is told."""
        names = {} if self.provider.key in NAMELESS else self._names("lastName")
        return self._with_identity(names)

    def claims_at_submit(self, attributes: Mapping[str, object]) -> Document:
        """What submit is told: the attribute page's values beside the identity."""
        return self._with_identity({name: value for name, value in attributes.items() if value not in ("", None)})

    def _names(self, surname: str) -> Document:
        names = {"displayName": self.display_name, "givenName": self.given_name, surname: self.surname}
        return {name: value for name, value in names.items() if value}

    def _with_identity(self, claims: Document) -> Document:
        """A claim without a value is not sent at all."""
        identity = {
            "signInType": "federated",
            "issuer": self.provider.issuer,
            "issuerAssignedId": self.assigned_id,
        }
        told = {"identities": [identity]} if self.provider.issuer else {}
        locale = {"ui_locales": self.ui_locales} if self.ui_locales else {}
        return {"email": self.email, **told, **claims, **locale}


def stored_attributes(claims: Mapping[str, object], extensions_app_id: str, built_in: Collection[str]) -> Document:
    """What Entra keeps of the claims: the attributes that the user flow collects, and no others."""
    custom = custom_attributes(extensions_app_id)
    short = {f"extension_{each.name}": name for name, each in custom.items()}
    kept: Document = {}
    for name, value in claims.items():
        # An answer may leave the application's id out of a custom attribute's name.
        full = short.get(name, name)
        if value not in ("", None) and (full in built_in or full in custom):
            kept[full] = value
    return kept
