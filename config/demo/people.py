"""The flows of the demonstration and the people who sign in to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings

from accounts.models import User
from approvals import audit
from approvals.models import Action, UserFlow
from approvals.policy.versions import publish
from config.demo.policies import COMMENT, POLICIES

PASSWORD = "welcome-to-foyer"  # noqa: S105 - of a demonstration that listens on the loopback alone; it is printed
PARTNER_GUESTS = "7d0c2f6e-1f5b-4c7e-9a54-6f6a0f3b9d11"
DEFAULT_FLOW = "partners"


@dataclass(frozen=True)
class Person:
    """Somebody who signs in."""

    username: str
    first_name: str
    last_name: str
    flows: tuple[str, ...] = ()
    is_administrator: bool = False

    @property
    def role(self) -> str:
        """What they are, in a word."""
        return "administrator" if self.is_administrator else "reviewer"


PEOPLE = (
    Person("admin", "Adele", "Vance", is_administrator=True),
    Person("anna", "Anna", "Berg", flows=("partners", "suppliers")),
    Person("ben", "Ben", "Okafor", flows=("suppliers",)),
)

FLOWS: dict[str, dict[str, Any]] = {
    "partners": {
        "name": "Partner portal",
        "contact": "partner-access@contoso.example",
        "is_default": True,
        "group_ids": [PARTNER_GUESTS],
        "reapply_after_days": 14,
    },
    "suppliers": {
        "name": "Supplier workspace",
        "contact": "suppliers@contoso.example",
        "provisioning": UserFlow.Provisioning.ON_RETURN,
    },
}

# What the pretend tenant's page asks applicants for; the suppliers' identities are verified by name and address.
_NAMES, _PLACE = ("givenName", "surname", "displayName", "jobTitle"), ("city", "country")
_ASKED_FOR = {"suppliers": (*_NAMES, "streetAddress", "postalCode", *_PLACE)}


def asked_for(slug: str) -> list[str]:
    """The built-in attributes that a flow's sign-up page collects, in their order."""
    return list(_ASKED_FOR.get(slug, (*_NAMES, *_PLACE)))


def settle() -> None:
    """Make the flows and people that are not there yet; those that are stay as somebody left them."""
    for slug in FLOWS:
        _settle_flow(slug)
    for person in PEOPLE:
        _settle_person(person)
    # The pretend tenant may have moved to another port.
    ours = UserFlow.objects.filter(slug__in=FLOWS, redirect_url__startswith="http://127.0.0.1:")
    ours.update(redirect_url=_application())


def _settle_flow(slug: str) -> None:
    about = dict(FLOWS[slug])
    if UserFlow.objects.filter(is_default=True).exists():
        about["is_default"] = False
    flow, is_new = UserFlow.objects.get_or_create(slug=slug, defaults={"redirect_url": _application(), **about})
    if is_new:
        audit.record(Action.FLOW_CREATED, flow=flow)
        publish(flow, POLICIES[slug], base=0, actor=None, comment=COMMENT)


def _settle_person(person: Person) -> None:
    if User.objects.filter(username=person.username).exists():
        return
    user = User.objects.create_user(
        person.username,
        f"{person.username}@contoso.example",
        PASSWORD,
        first_name=person.first_name,
        last_name=person.last_name,
        is_staff=person.is_administrator,
        is_superuser=person.is_administrator,
    )
    user.reviewed_flows.set(UserFlow.objects.filter(slug__in=person.flows))


def _application() -> str:
    """Where a guest ends up: the pretend tenant's own pages play the application."""
    return f"{settings.SIMULATOR_URL}/"
