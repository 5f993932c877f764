"""What the domain can be measured by, read from the database at each scrape: every web process says the same."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import lru_cache

from django.db.models import Count, Min
from django.utils import timezone
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from approvals.lanes import COUNT_ALL, Values, capped_counts
from approvals.models import Delivery, OutboxEntry, SignUpRequest, UserFlow, WorkerHeartbeat
from connector.models import UnusableCall

UNUSABLE_WITHIN = timedelta(hours=24)
ENDED_COUNTED_EVERY = timedelta(minutes=5)
OPEN_DELIVERIES = (Delivery.State.QUEUED, Delivery.State.FAILED)


class Domain(Collector):
    """Requests, deliveries, the outbox and the connector, as gauges."""

    def collect(self) -> Iterable[Metric]:
        """Ask the database once for each reading."""
        ended = ended_counts(int(time.time() // ENDED_COUNTED_EVERY.total_seconds()))
        yield _by_label(
            "foyer_requests",
            "Sign-up requests by the state of the decision.",
            "status",
            {**ended["requests"], SignUpRequest.Status.PENDING: _pending()},
        )
        yield _by_label(
            "foyer_deliveries",
            "Deliveries of approvals by state; `failed` ones wait for a person.",
            "state",
            {**ended["deliveries"], **_unfinished_deliveries()},
        )
        yield from _outbox()
        yield _unusable_calls()
        yield from _heartbeat()


@lru_cache(maxsize=1)
def ended_counts(_period: int) -> dict[str, dict[str, int]]:
    """How many requests and deliveries have ended, by state, counted once in a period.

    They grow for ever, and to count them takes the longer the more there are. The periods are the clock's: all
    processes count anew at the same time.
    """
    requests = SignUpRequest.objects.decided().order_by().values_list("status").annotate(Count("pk"))
    deliveries = Delivery.objects.exclude(state__in=OPEN_DELIVERIES).order_by().values_list("state")
    return {
        "requests": dict.fromkeys(SignUpRequest.Status.values, 0) | dict(requests),
        "deliveries": dict.fromkeys(Delivery.State.values, 0) | dict(deliveries.annotate(Count("pk"))),
    }


def exposition() -> tuple[bytes, str]:
    """The domain's readings followed by what the processes of this server have counted, and the content type of the text."""
    domain = CollectorRegistry(auto_describe=False)
    domain.register(Domain())
    process = ExportToDjangoView(None)
    return generate_latest(domain) + process.content, process.headers["Content-Type"]


def _pending() -> int:
    """Those that wait for a decision now, along the index of the lanes."""
    lanes: dict[str, Values] = {"flow_id": UserFlow.objects.all(), "status": [SignUpRequest.Status.PENDING.value]}
    return capped_counts([(SignUpRequest.objects.all(), lanes)], COUNT_ALL)[0]


def _unfinished_deliveries() -> dict[str, int]:
    unfinished = Delivery.objects.filter(state__in=OPEN_DELIVERIES)
    none = {state.value: 0 for state in OPEN_DELIVERIES}
    return none | dict(unfinished.order_by().values_list("state").annotate(Count("pk")))


def _outbox() -> Iterator[Metric]:
    now = timezone.now()
    queued = OutboxEntry.objects.queued()
    overdue = queued.filter(due_at__lte=now).aggregate(number=Count("pk"), oldest=Min("due_at"))
    age = (now - overdue["oldest"]).total_seconds() if overdue["oldest"] else 0
    parked = OutboxEntry.objects.filter(state=OutboxEntry.State.PARKED).count()
    yield GaugeMetricFamily("foyer_outbox_queued", "Outbox entries still to be done, due or not.", queued.count())
    yield GaugeMetricFamily("foyer_outbox_due", "Outbox entries that a worker should have taken.", overdue["number"])
    yield GaugeMetricFamily("foyer_outbox_oldest_due_seconds", "How long the oldest of those has been due.", age)
    yield GaugeMetricFamily("foyer_outbox_parked", "Outbox entries that were given up.", parked)


def _unusable_calls() -> Metric:
    recent = UnusableCall.objects.filter(at__gt=timezone.now() - UNUSABLE_WITHIN)
    counts = dict(recent.order_by().values_list("code").annotate(Count("pk")))
    return _by_label(
        "foyer_connector_unusable_recent",
        "Connector calls of the last 24 hours with good credentials that could not be used.",
        "code",
        counts,
    )


def _heartbeat() -> Iterator[Metric]:
    heartbeat = WorkerHeartbeat.objects.first()
    if heartbeat:
        seen = heartbeat.seen_at.timestamp()
        yield GaugeMetricFamily("foyer_worker_last_seen_timestamp_seconds", "When a worker was last seen.", seen)


def _by_label(name: str, meaning: str, label: str, counts: dict[str, int]) -> Metric:
    family = GaugeMetricFamily(name, meaning, labels=[label])
    for value, number in sorted(counts.items()):
        family.add_metric([value], number)
    return family
