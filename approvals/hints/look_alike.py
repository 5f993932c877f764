"""Whether a domain is made to be taken for a known partner's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import process
from rapidfuzz.distance import OSA

from approvals.hints.domain_names import Site, as_read, in_punycode, site_of
from approvals.hints.letters import skeleton

MOST_LABELS = 20
_DIGITS = str.maketrans("", "", "0123456789")


class How(StrEnum):
    """What makes it look alike."""

    INSIDE = "inside"  # fabrikam.com.invoices.net
    LETTERS = "letters"  # fabrikarn.com, or with an a that is Cyrillic
    ENDING = "ending"  # fabrikam.co
    EDIT = "edit"  # fabrlkam.com


@dataclass(frozen=True)
class Likeness:
    """The partner that a domain looks like, how, and in how many letters it differs."""

    partner: str
    how: How
    letters: int = 0


@dataclass(frozen=True)
class Partners:
    """Known partners' domains, made ready to be compared with."""

    sites: frozenset[str]
    by_name: Mapping[str, str]
    by_skeleton: Mapping[str, Site]

    def know(self, domain: str) -> bool:
        """Whether it is a partner's domain, or belongs to the same owner: what is below it, or what it is below."""
        return site_of(domain).domain in self.sites


def partners_of(domains: Iterable[str]) -> Partners:
    """Partners with these domains. A leading dot, which stands for everything below, makes no difference."""
    sites = [site for domain in domains if (site := site_of(in_punycode(domain.lstrip(".")))).name]
    return Partners(
        sites=frozenset(site.domain for site in sites),
        by_name={site.name: site.domain for site in reversed(sites)},
        by_skeleton={skeleton(site.name): site for site in reversed(sites)},
    )


def likeness(domain: str, partners: Partners) -> Likeness | None:
    """The partner that somebody might take this domain for; None for no partner's, and for a partner's own."""
    site = site_of(domain)
    if not partners.sites or site.domain in partners.sites:
        return None
    inside = _whole_domain_inside(site, partners)
    if inside or not site.name:
        return inside
    return _same_name(site, partners) or _same_look(site, partners) or _few_letters_off(site, partners)


def reading_of(domain: str) -> str:
    """The domain decoded when it is in punycode; else empty."""
    read = as_read(domain)
    return read if read != domain else ""


def _whole_domain_inside(site: Site, partners: Partners) -> Likeness | None:
    labels = (*site.below, site.name)[-MOST_LABELS:]
    slices = (".".join(labels[start:end]) for start in range(len(labels)) for end in range(start + 2, len(labels) + 1))
    found = next((part for part in slices if part in partners.sites), None)
    return Likeness(found, How.INSIDE) if found else None


def _same_name(site: Site, partners: Partners) -> Likeness | None:
    partner = partners.by_name.get(site.name)
    return Likeness(partner, How.ENDING) if partner else None


def _same_look(site: Site, partners: Partners) -> Likeness | None:
    partner = partners.by_skeleton.get(skeleton(site.name))
    return Likeness(partner.domain, How.LETTERS) if partner else None


def _few_letters_off(site: Site, partners: Partners) -> Likeness | None:
    looks = skeleton(site.name)
    found = process.extractOne(looks, list(partners.by_skeleton), scorer=OSA.distance, score_cutoff=_most_off(looks))
    if found is None:
        return None
    partner = partners.by_skeleton[found[0]]
    if found[1] > _most_off(found[0]) or _are_numbered(site.name, partner.name):
        return None
    return Likeness(partner.domain, How.EDIT, OSA.distance(site.name, partner.name))


def _most_off(name: str) -> int:
    """How many letters may be wrong: in a short name one makes another word."""
    if len(name) < 5:
        return 0
    return 1 if len(name) < 12 else 2


def _are_numbered(one: str, other: str) -> bool:
    """Whether both have numbers and differ in nothing else, as `team4` and `team5` do."""
    plain = one.translate(_DIGITS)
    return plain == other.translate(_DIGITS) and plain not in (one, other)
