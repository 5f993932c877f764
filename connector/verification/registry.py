"""The services that there are: a further one is a module, and a line here."""

from __future__ import annotations

from django.utils.module_loading import import_string

from connector.verification.base import Vendor

VENDORS: dict[str, str] = {
    "idology": "connector.verification.idology.ExpectID",
    "experian": "connector.verification.experian.CrossCore",
}


class UnknownService(Exception):
    """This version knows no service of that kind."""


def vendor(kind: str) -> Vendor:
    """The service of that kind. Raises UnknownService."""
    if kind not in VENDORS:
        raise UnknownService(kind)
    made: Vendor = import_string(VENDORS[kind])()
    return made


def choices() -> list[tuple[str, str]]:
    """Every kind with its name."""
    return [(kind, vendor(kind).name) for kind in VENDORS]
