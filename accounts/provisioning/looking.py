"""Looking before making: who the applicant is in the directory already, and what keeps a guest from being made.

Provisioning asks these questions before it acts, and a forecast asks them without acting: that is why both say the same.
"""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from accounts.graph import client, payloads
from accounts.graph.people import Person, find_applicant
from accounts.graph.principal_names import LONGEST_DOMAIN, characters_not_invitable, has_accents
from approvals.applicant import Applicant
from approvals.errors import Never, Standstill


def find_guest(applicant: Applicant) -> Person | None:
    """The applicant's guest account as the directory lists it. Raises Never when an account stands in the way."""
    identity = payloads.guest_identity(applicant)
    found = client.find_by_identity(identity) if identity else []
    return find_applicant(found or client.find_by_address(applicant.normalised_email), applicant)


def find_deleted(applicant: Applicant) -> list[Person]:
    """The deleted accounts that still hold the applicant's address."""
    return client.find_deleted(applicant.normalised_email)


def is_invited(applicant: Applicant) -> bool:
    """Whether this applicant becomes a guest by invitation, and not by an identity that Graph can create one with."""
    return payloads.guest_identity(applicant) is None


def needs_a_link(person: Person, applicant: Applicant) -> bool:
    """Whether a guest who is there is invited once more: only so does Graph show the link, and it is not redeemed yet."""
    return person.is_pending and is_invited(applicant)


def require_creatable(applicant: Applicant) -> None:
    """Raise Never for an address that the directory's `mail` cannot hold."""
    if has_accents(applicant.email):
        reason = _(
            "The address contains characters outside ASCII, which the directory does not take. Ask the applicant to "
            "sign up with another address."
        )
        raise Never("address_not_usable", reason)


def require_invitable(applicant: Applicant) -> None:
    """Raise Never for an address that Graph's documented rule refuses to invite."""
    characters = characters_not_invitable(applicant.email.strip())
    if characters:
        reason = _(
            "Microsoft Entra does not invite an address with “%(characters)s” in this place. Ask the applicant to sign "
            "up with another address."
        )
        raise Never("address_not_invitable", reason % {"characters": characters})


def tenant_domain() -> str:
    """The domain that the names of created guests end in. Raises Standstill while none is set."""
    domain: str = settings.ENTRA_TENANT_DOMAIN
    if 0 < len(domain) <= LONGEST_DOMAIN:
        return domain
    reason = _(
        "ENTRA_TENANT_DOMAIN must be the tenant's initial domain, such as contoso.onmicrosoft.com, of at most "
        "%(longest)s characters. Set it and restart."
    )
    raise Standstill("not_configured", reason % {"longest": LONGEST_DOMAIN})
