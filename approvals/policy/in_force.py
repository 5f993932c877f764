"""The policy of each flow, read and made ready, as the connector needs it for every call.

What is kept is at most SECONDS old: a new version holds in every process after that, in the one that publishes it at once.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from approvals.models import DomainList, PolicyVersion
from approvals.policy.document import parse
from approvals.policy.domains import DomainSet
from approvals.policy.errors import PolicyError
from approvals.policy.rules import Policy

log = structlog.get_logger(__name__)

SECONDS = 5.0
MOST = 1000


@dataclass(frozen=True)
class InForce:
    """A published version, and the lists that it speaks of. A list that is gone is not among them."""

    version_id: int
    number: int
    policy: Policy
    lists: Mapping[str, DomainSet]


_kept: dict[int, tuple[float, InForce | None]] = {}


def compiled(flow_id: int) -> InForce | None:
    """The policy of a flow as it was at most SECONDS ago; None when it has none. Three queries at most, and mostly none.

    A stored document that cannot be read is a policy that sends everybody to a person.
    """
    until, found = _kept.get(flow_id, (0.0, None))
    if until < time.monotonic():
        found = _read(flow_id, found)
        if len(_kept) >= MOST:
            _kept.clear()
        _kept[flow_id] = (time.monotonic() + SECONDS, found)
    return found


def forget() -> None:
    """Read every policy anew the next time."""
    _kept.clear()


def _read(flow_id: int, before: InForce | None) -> InForce | None:
    """The newest version; its rules are read again only when it is another than before."""
    version = PolicyVersion.objects.filter(flow_id=flow_id).defer("document").order_by("-number").first()
    if version is None:
        return None
    policy = before.policy if before and before.version_id == version.pk else readable(version)
    return InForce(version.pk, version.number, policy, domain_sets(policy.lists()))


def readable(version: PolicyVersion) -> Policy:
    """The rules of a version; when they cannot be read, the policy that sends everybody to a person."""
    try:
        return parse(version.document)
    except PolicyError as error:
        log.error("policy_unreadable", version=version.pk, problems=len(error.problems))  # noqa: TRY400 - no traceback is needed
        return Policy(usable=False)


def domain_sets(slugs: frozenset[str]) -> Mapping[str, DomainSet]:
    """These lists by their slugs, ready to be asked; one that is not there is left out."""
    if not slugs:
        return {}
    rows = DomainList.objects.filter(slug__in=slugs).values_list("slug", "domains")
    return {slug: DomainSet.of(entries) for slug, entries in rows}
