"""The cast: who signs up where, with which account and answers, and what is to become of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from simulator.applicants import PROVIDERS, Applicant

Chosen = TypeVar("Chosen")

PARTNERS, SUPPLIERS, VISITORS = "partners", "suppliers", "visitors"
GROUPS = {
    PARTNERS: ("7d0c2f6e-1f5b-4c7e-9a54-6f6a0f3b9d11",),
    SUPPLIERS: ("7d0c2f6e-1f5b-4c7e-9a54-6f6a0f3b9d11", "e2b8a9d4-53c6-4f0b-8d0e-1c2a7b6f4e22"),
    VISITORS: (),
}
EXTENSIONS_APP_ID = "831374b3bd5041bfaa54263ec9e050fc"
LOCALES = ("en-US", "de-DE", "es-ES", "fr-FR", "nl-NL", "pt-PT")


class Wish(Enum):
    """What the reviewers mean to do with the request."""

    APPROVE = "approve"
    DENY = "deny"
    UNDO = "undo"  # approve, and take it back at once
    LEAVE = "leave"


class Obstacle(Enum):
    """What stands in the directory where the guest is to be; with the code of the failure that follows."""

    NONE = ""
    DELETED = "guest_deleted"
    MEMBER = "internal_account"
    OTHER_GUEST = "another_guest"


ONE_IN = 40
OBSTACLES = {7: Obstacle.DELETED, 16: Obstacle.MEMBER, 27: Obstacle.OTHER_GUEST}
"""By number, so that the smallest cast that has a storm to stand has each of them."""


@dataclass
class Person:
    """Somebody who signs up, and what they have been told."""

    number: int
    flow: str
    provider: str
    wish: Wish
    obstacle: Obstacle
    arrives: float
    by_page: bool  # decided on the review pages, else through the API
    impatient: bool  # presses twice
    account: Applicant
    answers: dict[str, Any]
    references: set[str] = field(default_factory=set)
    misunderstood: list[str] = field(default_factory=list)  # answers that no connector may give
    calls: int = 0
    refusals: int = 0
    told: str = ""  # the last state of the request that a reviewer was shown
    returned: bool = False

    @property
    def email(self) -> str:
        """The address, as it was typed."""
        return self.account.email

    @property
    def reference(self) -> str:
        """The reference that the person was told; there is one at most if all is well."""
        return min(self.references, default="")


def cast(seed: int, size: int, arriving: float) -> list[Person]:
    """The same people for the same seed."""
    chance = random.Random(seed)  # noqa: S311 - a cast, and no secret
    return [_person(chance, number, arriving) for number in range(size)]


def _person(chance: random.Random, number: int, arriving: float) -> Person:
    flow = _weighted(chance, {PARTNERS: 50, SUPPLIERS: 30, VISITORS: 20})
    provider = _weighted(chance, {"google": 30, "facebook": 10, "mail": 20, "entra": 25, "microsoft": 15})
    wish = _weighted(chance, {Wish.APPROVE: 70, Wish.DENY: 12, Wish.UNDO: 7, Wish.LEAVE: 11})
    obstacle = OBSTACLES.get(number % ONE_IN, Obstacle.NONE)
    if obstacle is not Obstacle.NONE:
        # It shows only where Foyer is to make the guest.
        flow, wish = (PARTNERS, SUPPLIERS)[number % 2], Wish.APPROVE
    given, surname = f"Given{number}", f"Surname{number}"
    email = f"person.{number}@{'Fabrikam' if chance.random() < 0.1 else 'fabrikam'}.example"
    return Person(
        number=number,
        flow=flow,
        provider=provider,
        wish=wish,
        obstacle=obstacle,
        arrives=chance.uniform(0, arriving),
        by_page=chance.random() < 0.3,
        impatient=chance.random() < 0.1,
        account=Applicant(PROVIDERS[provider], email, given, surname, chance.choice(LOCALES)),
        answers={
            "givenName": given,
            "surname": surname,
            "displayName": f"{given} {surname}",
            "jobTitle": chance.choice(["Buyer", "Engineer", "Auditor"]),
            "city": chance.choice(["Porto", "Köln", "Nîmes"]),
            f"extension_{EXTENSIONS_APP_ID}_TeamSize": chance.randrange(1, 400),
            f"extension_{EXTENSIONS_APP_ID}_Justification": f"I work on project {chance.randrange(100)}.",
        },
    )


def _weighted(chance: random.Random, weights: dict[Chosen, int]) -> Chosen:
    choices: Sequence[Chosen] = list(weights)
    return chance.choices(choices, list(weights.values()))[0]
