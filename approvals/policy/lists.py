"""Named lists of mail domains: bringing entries into their form, and saving them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import audit
from approvals.errors import NotAllowed
from approvals.models import Action, DomainList
from approvals.plaintext import plain
from approvals.policy import domains, in_force
from approvals.policy.errors import DomainListChanged, InvalidDomainList
from approvals.policy.reading import as_name

if TYPE_CHECKING:
    from accounts.models import User

MOST_DOMAINS = 10_000
LONGEST_SLUG = 50
LONGEST_NAME = 100
TOLD = 50

_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")


def normalise_entry(typed: str) -> str:
    """One entry in its form: punycode, with a dot before it for all domains below (`*.fabrikam.com` is understood, too).

    Raises ValueError for what is no domain.
    """
    bare = typed.strip().removeprefix("*")
    if bare.startswith("."):
        return "." + domains.parse(bare[1:])
    if "." not in bare.rstrip("."):
        # Nobody's address ends in a single word: it is one of a sentence, or a domain that was cut short.
        raise ValueError("no domain")
    return domains.parse(typed.strip())


def normalise(entries: Iterable[str]) -> list[str]:
    """The entries in their form, each once, in order. Raises InvalidDomainList with the first that are no domains."""
    found: set[str] = set()
    wrong: list[str] = []
    for number, entry in enumerate(entries, 1):
        if number > MOST_DOMAINS:
            raise InvalidDomainList(_("A list has at most %(limit)s domains.") % {"limit": MOST_DOMAINS})
        try:
            found.add(normalise_entry(entry))
        except (ValueError, AttributeError):
            wrong.append(as_name(entry))
    if wrong:
        shown = ", ".join(f"“{entry}”" for entry in wrong[:5])
        raise InvalidDomainList(_("These are no domains: %(domains)s.") % {"domains": shown})
    return sorted(found, key=lambda entry: (entry.lstrip("."), entry))


def save_list(slug: str, name: str, entries: Iterable[str], *, base_version: int, actor: User | None) -> DomainList:
    """Save a list as it was at `base_version`, or make it: then that is 0. What is the same already stays as it is.

    Raises InvalidDomainList, NotAllowed for anybody but an administrator, or DomainListChanged when it is at another
    version by now, and has then changed nothing.
    """
    refuse_others(actor)
    try:
        with transaction.atomic(durable=True):
            saved = write(slug, name, entries, base_version=base_version, actor=actor)
    except IntegrityError as error:
        raise DomainListChanged from error
    in_force.forget()
    return saved


def refuse_others(actor: User | None) -> None:
    """Raise NotAllowed for anybody but an administrator and the system."""
    if actor is not None and not (actor.is_active and actor.is_superuser):
        raise NotAllowed(_("Only an administrator may change the sign-up policy."))


def write(slug: str, name: str, entries: Iterable[str], *, base_version: int, actor: User | None) -> DomainList:
    """What `save_list` does, within a transaction of the caller's; an IntegrityError means DomainListChanged."""
    name, wanted = _checked_name(slug, name), normalise(entries)
    before = DomainList.objects.filter(slug=slug).first()
    if before is not None and (before.name, before.domains) == (name, wanted):
        return before
    if (before.version if before else 0) != base_version:
        raise DomainListChanged
    values: dict[str, Any] = {"name": name, "domains": wanted, "changed_by": actor, "changed_at": timezone.now()}
    if before is None:
        saved = DomainList.objects.create(slug=slug, **values)
    else:
        _move(before, values)
        saved = DomainList.objects.get(pk=before.pk)
    _record(saved, before.domains if before else [], actor)
    return saved


def _move(before: DomainList, values: dict[str, Any]) -> None:
    """The database decides between two who save at once."""
    unchanged = DomainList.objects.filter(pk=before.pk, version=before.version)
    if unchanged.update(version=before.version + 1, **values) != 1:
        raise DomainListChanged


def _checked_name(slug: str, name: str) -> str:
    if len(slug) > LONGEST_SLUG or not _SLUG.fullmatch(slug):
        raise InvalidDomainList(_("The slug of a list has small letters, digits and dashes only."))
    name = plain(name)
    if not name or len(name) > LONGEST_NAME:
        raise InvalidDomainList(_("The name of a list has from 1 to %(limit)s characters.") % {"limit": LONGEST_NAME})
    return name


def _record(saved: DomainList, before: list[str], actor: User | None) -> None:
    added, removed = sorted(set(saved.domains) - set(before)), sorted(set(before) - set(saved.domains))
    audit.record(
        Action.DOMAIN_LIST_CHANGED,
        actor=actor,
        list=saved.slug,
        version=saved.version,
        added=added[:TOLD],
        removed=removed[:TOLD],
        count=len(saved.domains),
    )
