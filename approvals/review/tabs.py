"""The views of the queue."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from approvals.models.sign_up_request import SignUpRequestQuerySet


@dataclass(frozen=True)
class Tab:
    """One view of the requests. `rows` limits them as a condition, so that all tabs are counted in one query."""

    slug: str
    name: Promise | str
    rows: Q
    oldest_first: bool = False

    @property
    def alias(self) -> str:
        """The slug as the database may call it."""
        return self.slug.replace("-", "_")


NEEDS_DECISION = Tab("needs-decision", pgettext_lazy("tab", "Needs decision"), Q(status="pending"), oldest_first=True)
DECIDED = Tab("decided", pgettext_lazy("tab", "Decided"), ~Q(status="pending"))
FAILED = Tab("failed", pgettext_lazy("tab", "Failed"), Q(delivery__state="failed"))
ALL = Tab("all", pgettext_lazy("tab", "All"), Q())
TABS = (NEEDS_DECISION, DECIDED, FAILED, ALL)
_BY_SLUG = {tab.slug: tab for tab in TABS}


def tab_named(slug: str) -> Tab:
    """The tab with this slug, else the first."""
    return _BY_SLUG.get(slug, NEEDS_DECISION)


def tab_counts(rows: SignUpRequestQuerySet) -> dict[str, int]:
    """How many of the requests each tab holds, by its slug. One query."""
    counts = rows.aggregate(**{tab.alias: Count("pk", filter=tab.rows or None) for tab in TABS})
    return {tab.slug: counts[tab.alias] for tab in TABS}
