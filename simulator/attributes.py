"""The attributes a sign-up may collect: built-in ones, and the tenant's custom ones."""

from __future__ import annotations

from typing import NamedTuple

# The built-in attributes that a sign-up page may ask for, as it calls them.
LABELS = {
    "givenName": "Given name",
    "surname": "Surname",
    "displayName": "Display name",
    "jobTitle": "Job title",
    "companyName": "Company",
    "streetAddress": "Street and number",
    "postalCode": "Postal code",
    "city": "City",
    "state": "State or province",
    "country": "Country or region",
}
# Those of a user flow that says nothing else.
BUILT_IN = ("givenName", "surname", "displayName", "jobTitle", "city", "country")

# Longest values that the directory takes.
LENGTHS = {
    "displayName": 256,
    "givenName": 64,
    "surname": 64,
    "jobTitle": 128,
    "companyName": 64,
    "department": 64,
    "mailNickname": 64,
    "city": 128,
    "state": 128,
    "country": 128,
    "postalCode": 40,
    "streetAddress": 1024,
    "mobilePhone": 64,
}
LONGEST_CUSTOM_TEXT = 256


class CustomAttribute(NamedTuple):
    """A custom user attribute of the tenant; in the directory it carries a prefix."""

    name: str
    kind: type[str | bool | int]
    label: str

    def claim(self, extensions_app_id: str) -> str:
        """Its name on the wire and in the directory."""
        return f"extension_{extensions_app_id}_{self.name}"

    def accepts(self, value: object) -> bool:
        """Whether the directory takes the value: the exact JSON type, and not too long."""
        if type(value) is not self.kind:
            return False
        return not isinstance(value, str) or 0 < len(value) <= LONGEST_CUSTOM_TEXT


CUSTOM = (
    CustomAttribute("Justification", str, "Why do you need access?"),
    CustomAttribute("TeamSize", int, "How many colleagues work with you?"),
    CustomAttribute("AgreedToTerms", bool, "I have read the partner terms"),
)


def custom_attributes(extensions_app_id: str) -> dict[str, CustomAttribute]:
    """Every custom attribute by its full name."""
    return {each.claim(extensions_app_id): each for each in CUSTOM}
