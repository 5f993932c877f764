"""Leasing the next entry: no two workers the same one, no family beyond its limit, no lane out of order.

PostgreSQL does it in one round trip: an advisory lock, so that the limits are counted by one worker at a time, and one
statement that skips rows which somebody else is changing. SQLite has one writer at a time, and conditional updates.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone

from approvals.models import OutboxEntry
from approvals.models.outbox_entry import LONGEST_SETBACK
from approvals.outbox import kinds

# Any number that no other advisory lock of this database uses.
CLAIMING = 7_263_911_402

# Sent with the claim, not before it: the lock is never held while the server waits for the worker.
LOCK = f"SELECT pg_advisory_xact_lock({CLAIMING});"

# For each kind with room, the first entry whose turn it is, by one walk along an index; then the first of those.
CLAIM = """
WITH next_one AS (
    SELECT entry.id
    FROM unnest(%(kinds)s::text[], %(families)s::text[], %(limits)s::int[]) AS known (kind, family, at_once)
    CROSS JOIN LATERAL (
        SELECT queued.id, queued.turn_at, queued.due_at
        FROM approvals_outboxentry AS queued
        WHERE queued.state = 'queued' AND queued.kind = known.kind
          AND queued.due_at <= %(now)s AND queued.turn_at <= %(horizon)s
          AND (queued.lane = '' OR NOT EXISTS (
              SELECT 1 FROM approvals_outboxentry AS earlier
              WHERE earlier.request_id = queued.request_id AND earlier.lane = queued.lane
                AND earlier.state = 'queued' AND earlier.id < queued.id))
        ORDER BY queued.turn_at, queued.due_at, queued.id
        LIMIT 1 FOR UPDATE SKIP LOCKED
    ) AS entry
    WHERE known.at_once IS NULL OR known.at_once > (
        SELECT count(*) FROM approvals_outboxentry AS leased
        WHERE leased.state = 'queued' AND leased.lease IS NOT NULL AND leased.due_at > %(now)s
          AND split_part(leased.kind, '.', 1) = known.family)
    ORDER BY entry.turn_at, entry.due_at, entry.id
    LIMIT 1
)
UPDATE approvals_outboxentry AS claimed
SET crashes = crashes + (lease IS NOT NULL)::int, attempts = attempts + 1,
    lease = %(lease)s, due_at = %(until)s, begun_at = coalesce(begun_at, %(now)s)
FROM next_one WHERE claimed.id = next_one.id
RETURNING claimed.id
"""


def anything_due() -> bool:
    """Whether there may be something to claim. One look at an index: all that an idle worker asks."""
    return OutboxEntry.objects.due(timezone.now()).filter(kind__in=kinds.known()).order_by().exists()


def claim() -> OutboxEntry | None:
    """Lease the entry whose turn it is, for OUTBOX_LEASE_SECONDS, or None when there is none that may be taken."""
    by = claim_on_postgresql if connection.vendor == "postgresql" else claim_portably
    lease = uuid4()
    while claimed := by(lease, timezone.now()):
        held = OutboxEntry.objects.queued().filter(pk=claimed, lease=lease)
        # Gone when the decision was dropped a moment ago.
        if entry := held.select_related("request__flow").first():
            return entry
    return None


def claim_on_postgresql(lease: UUID, now: datetime, *, lock: str = LOCK) -> UUID | None:
    """The id of the entry that was leased, in one round trip and a transaction of its own."""
    known = kinds.known()
    with connection.cursor() as cursor:
        cursor.execute(
            lock + CLAIM,
            {
                "kinds": known,
                "families": [kinds.family(kind) for kind in known],
                "limits": [kinds.at_once(kind) for kind in known],
                "now": now,
                "horizon": now + LONGEST_SETBACK,
                "until": _until(now),
                "lease": lease,
            },
        )
        cursor.nextset()  # the lock's answer comes first
        claimed = cursor.fetchone()
    return claimed[0] if claimed else None


def claim_portably(lease: UUID, now: datetime) -> UUID | None:
    """The same for a database with one writer at a time."""
    with transaction.atomic():
        heads = (OutboxEntry.objects.due(now).in_order().filter(kind=kind).first() for kind in _with_room(now))
        head = min(filter(None, heads), key=lambda entry: (entry.turn_at, entry.due_at, entry.pk), default=None)
        return head.pk if head and _take(head, lease, now) else None


def _with_room(now: datetime) -> list[str]:
    in_hand = Counter(map(kinds.family, OutboxEntry.objects.leased(now).values_list("kind", flat=True)))
    limits = {kind: kinds.at_once(kind) for kind in kinds.known()}
    return [kind for kind, limit in limits.items() if limit is None or in_hand[kinds.family(kind)] < limit]


def _take(head: OutboxEntry, lease: UUID, now: datetime) -> bool:
    unchanged = OutboxEntry.objects.queued().filter(pk=head.pk, due_at=head.due_at, lease=head.lease)
    taken = unchanged.update(
        crashes=models.F("crashes") + (head.lease is not None),
        attempts=models.F("attempts") + 1,
        lease=lease,
        due_at=_until(now),
        begun_at=Coalesce("begun_at", now),
    )
    return taken == 1


def _until(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)
