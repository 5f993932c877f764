"""What the domain can be measured by, read from the database at each scrape: every web process says the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from django.db.models import Count, Min
from django.utils import timezone
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from approvals.models import Delivery, OutboxEntry, SignUpRequest, WorkerHeartbeat
from connector.models import UnusableCall

UNUSABLE_WITHIN = timedelta(hours=24)


class Domain(Collector):
    """Requests, deliveries, the outbox and the connector, as gauges."""

    def collect(self) -> Iterable[Metric]:
        """Ask the database once for each reading."""
        yield _by_label(
            "foyer_requests",
            "Sign-up requests by the state of the decision.",
            "status",
            dict.fromkeys(SignUpRequest.Status.values, 0)
            | dict(SignUpRequest.objects.order_by().values_list("status").annotate(Count("pk"))),
        )
        yield _by_label(
            "foyer_deliveries",
            "Deliveries of approvals by state; `failed` ones wait for a person.",
            "state",
            dict.fromkeys(Delivery.State.values, 0)
            | dict(Delivery.objects.order_by().values_list("state").annotate(Count("pk"))),
        )
        yield from _outbox()
        yield _unusable_calls()
        yield from _heartbeat()


def exposition() -> tuple[bytes, str]:
    """The domain's readings followed by the process's own, and the content type of the text."""
    domain = CollectorRegistry(auto_describe=False)
    domain.register(Domain())
    process = ExportToDjangoView(None)
    return generate_latest(domain) + process.content, process.headers["Content-Type"]


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
