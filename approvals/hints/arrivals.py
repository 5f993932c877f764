"""How many people came from a domain, and when: the first of all, or more at once than there usually are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from approvals.models import CountedRequest, MailDomain, UserFlow

DAY = timedelta(hours=24)
USUAL_DAYS = 28
FEWEST = 10
TIMES_AS_MANY = 5
MOST_COUNTED = 1000


@dataclass(frozen=True)
class Volume:
    """The requests of a day, the one at hand included, and how many a day there were in the weeks before."""

    count: int
    usual: int


def known(flow: UserFlow, domain: str) -> MailDomain | None:
    """What is known of the domain in this flow."""
    return MailDomain.objects.filter(flow=flow, domain=domain).first()


def is_first(row: MailDomain | None, before: datetime | None) -> bool:
    """Whether nobody came from there until then."""
    return row is None or row.requests == 0 or (before is not None and row.first_request_at >= before)


def unusual_volume(row: MailDomain | None, at: datetime) -> Volume | None:
    """The volume when FEWEST or more came within a day, and TIMES_AS_MANY as came on a usual day; else None.

    Counted along an index, and never beyond what decides.
    """
    if row is None or row.requests < FEWEST - 1:
        return None
    today = _number(row, at - DAY, at, MOST_COUNTED) + 1
    if today < FEWEST:
        return None
    enough = today * USUAL_DAYS // TIMES_AS_MANY + 1
    earlier = _number(row, at - DAY * (USUAL_DAYS + 1), at - DAY, enough)
    return None if earlier >= enough else Volume(today, round(earlier / USUAL_DAYS))


def _number(row: MailDomain, since: datetime, until: datetime, most: int) -> int:
    rows = CountedRequest.objects.filter(domain=row.pk, submitted_at__gte=since, submitted_at__lt=until)
    # The columns and the order of the index: the table itself need not be read.
    return rows.order_by("submitted_at").values("domain")[:most].count()
