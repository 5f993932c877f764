"""What conditions look at: the sign-up, and what is known beside it, gathered when somebody asks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, TypeVar

import structlog
from django.utils import timezone

from approvals.applicant import Applicant, AttributeValue
from approvals.policy import domains

Kept = TypeVar("Kept")

log = structlog.get_logger(__name__)

# Whom somebody signed in with when Entra sends no identity.
MICROSOFT = "microsoft"


@dataclass(frozen=True)
class Earlier:
    """A decision on an earlier request: `decision` is denied or approved."""

    decision: str
    this_flow: bool
    at: datetime


@dataclass(frozen=True)
class Facts:
    """What conditions look at. `earlier` and `hints` are called at most once, and only when a condition needs them."""

    applicant: Applicant
    step: str
    lists: Mapping[str, domains.DomainSet] = field(default_factory=dict)
    earlier: Callable[[], Iterable[Earlier]] = tuple
    hints: Callable[[], Iterable[str]] = frozenset
    verification: str | None = None
    now: datetime = field(default_factory=timezone.now)

    @cached_property
    def domain(self) -> str:
        """The normalised domain of the address."""
        return domains.of_address(self.applicant.email)

    @cached_property
    def issuer(self) -> str:
        """Whom the person signed in with; MICROSOFT only when Entra sent no identity, whatever an issuer calls itself."""
        identity = self.applicant.identity
        if identity is None:
            return MICROSOFT
        return "" if identity.provider == MICROSOFT else identity.provider

    @cached_property
    def language(self) -> str:
        """The language that the person likes best, in lower case."""
        return next(iter(self.applicant.locales), "").replace("_", "-").lower()

    def claim(self, name: str) -> AttributeValue | None:
        """The value of a claim; None when it was not given. The address is in lower case."""
        value = self.applicant.normalised_email if name == "email" else self.applicant.attributes.get(name)
        return None if isinstance(value, str) and not value.strip() else value

    @cached_property
    def earlier_decisions(self) -> tuple[Earlier, ...] | None:
        """The decisions on earlier requests; None when they could not be had."""
        return _had(self.earlier, tuple)

    @cached_property
    def hint_codes(self) -> frozenset[str] | None:
        """The hints; None when they could not be had."""
        return _had(self.hints, frozenset)


def _had(gather: Callable[[], Iterable[Any]], kind: Callable[[Iterable[Any]], Kept]) -> Kept | None:
    try:
        return kind(gather())
    except Exception as error:  # noqa: BLE001 - whatever breaks there decides nothing here
        log.warning("policy_facts_missing", error=type(error).__name__)
        return None


class Undecided(Exception):
    """A condition cannot be decided. `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
