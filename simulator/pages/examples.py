"""People to sign up with, so that a newcomer only has to press Continue."""

from __future__ import annotations

from typing import NamedTuple


class Example(NamedTuple):
    """A made-up person; the addresses can never reach anybody."""

    given_name: str
    surname: str
    email: str
    provider: str
    language: str


EXAMPLES = (
    Example("Maria", "Anders", "maria.anders@alfreds.example", "google", "de"),
    Example("Tomás", "Herrera", "tomas.herrera@andes-freight.example", "mail", "es"),
    Example("Aisha", "Bello", "aisha.bello@lagosworks.example", "entra", "en"),
    Example("Élodie", "Marchand", "elodie.marchand@atelier-nord.example", "facebook", "fr"),
    Example("Joost", "van Dijk", "joost@vandijk-logistiek.example", "entra", "nl"),
    Example("Inês", "Carvalho", "ines.carvalho@douro-wines.example", "google", "pt"),
    Example("Kenji", "Watanabe", "kenji@watanabe-tools.example", "microsoft", "en"),
    Example("Priya", "Raman", "priya.raman@coastal-labs.example", "mail", "en"),
)


def example(number: int) -> Example:
    """One of them, going round."""
    return EXAMPLES[number % len(EXAMPLES)]
