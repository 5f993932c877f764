"""The attributes of a guest that an applicant can give, by their names in Graph, with the lengths that Graph allows."""

from __future__ import annotations

import re

ATTRIBUTES = {
    "displayName": 256,
    "givenName": 64,
    "surname": 64,
    "jobTitle": 128,
    "companyName": 64,
    "streetAddress": 1024,
    "city": 128,
    "postalCode": 40,
    "state": 128,
    "country": 128,
}
LONGEST_EXTENSION_VALUE = 256
LONGEST_NAME = 160

_EXTENSION = re.compile(r"extension_[0-9a-fA-F]{32}_\w{1,100}", re.ASCII)


def is_attribute(name: str) -> bool:
    """Whether there is such an attribute: a built-in one, or one that the tenant made."""
    return name in ATTRIBUTES or _EXTENSION.fullmatch(name) is not None
