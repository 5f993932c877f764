"""The views of the queue, and how many requests each holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from approvals.lanes import Values, capped_counts
from approvals.models import SignUpRequest, UserFlow
from approvals.models.sign_up_request import SignUpRequestQuerySet
from approvals.paging import Order

if TYPE_CHECKING:
    from accounts.models import User

PENDING, *CLOSED = SignUpRequest.Status.values

# Nobody reads a number beyond this, and to count them all would cost more than the page.
MOST_COUNTED = 1000


@dataclass(frozen=True)
class Tab:
    """One view of the requests: those in some states, in order of submission."""

    slug: str
    name: Promise | str
    statuses: tuple[str, ...]
    failed: bool = False
    oldest_first: bool = False

    def of(self, rows: SignUpRequestQuerySet) -> SignUpRequestQuerySet:
        """Those of the rows that the tab shows, whatever lanes they are in."""
        return rows.failed() if self.failed else rows

    def lanes(self, reader: User) -> Mapping[str, Values]:
        """Where the reader's rows of this tab stand in the index."""
        return {"flow_id": UserFlow.objects.reviewed_by(reader), "status": self.statuses}

    @property
    def dense(self) -> bool:
        """Whether most requests are in it, once there are many."""
        return "approved" in self.statuses and not self.failed

    @property
    def rows(self) -> Q:
        """The tab as a condition, so that all tabs are counted in one query."""
        return Q(status__in=self.statuses) & (Q(delivery_failed=True) if self.failed else Q())

    @property
    def order(self) -> Order:
        """Oldest or newest first."""
        return Order("submitted_at", newest_first=not self.oldest_first)

    @property
    def alias(self) -> str:
        """The slug as the database may call it."""
        return self.slug.replace("-", "_")


NEEDS_DECISION = Tab("needs-decision", pgettext_lazy("tab", "Needs decision"), (PENDING,), oldest_first=True)
DECIDED = Tab("decided", pgettext_lazy("tab", "Decided"), tuple(CLOSED))
FAILED = Tab("failed", pgettext_lazy("tab", "Failed"), ("approved",), failed=True)
ALL = Tab("all", pgettext_lazy("tab", "All"), (PENDING, *CLOSED))
TABS = (NEEDS_DECISION, DECIDED, FAILED, ALL)
_BY_SLUG = {tab.slug: tab for tab in TABS}


def tab_named(slug: str) -> Tab:
    """The tab with this slug, else the first."""
    return _BY_SLUG.get(slug, NEEDS_DECISION)


def tab_counts(reader: User) -> dict[str, int]:
    """How many of the reader's requests each tab holds, by its slug; one more than MOST_COUNTED for any more. One query."""
    counted = [(tab.of(SignUpRequest.objects.all()), tab.lanes(reader)) for tab in TABS]
    counts = capped_counts(counted, MOST_COUNTED + 1)
    return {tab.slug: count for tab, count in zip(TABS, counts, strict=True)}


def counts_among(rows: SignUpRequestQuerySet) -> dict[str, int]:
    """How many of a few requests each tab holds, by its slug. One query."""
    counts = rows.aggregate(**{tab.alias: Count("pk", filter=tab.rows) for tab in TABS})
    return {tab.slug: counts[tab.alias] for tab in TABS}
