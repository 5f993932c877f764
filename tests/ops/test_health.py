"""Probes and metrics over HTTP."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from accounts.models import User
from approvals import outbox, tasks
from approvals.models import UserFlow, WorkerHeartbeat
from config import metrics
from connector.models import UnusableCall
from tests.factories import make_request

TOKEN = "a-token-for-the-scraper"


@pytest.fixture
def broker_folder(settings: Any, tmp_path: Path) -> Path:
    """The embedded broker's folder, there and writable."""
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = {"data_folder_in": str(tmp_path)}
    return tmp_path


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_it_is_alive_without_a_database(client: Client) -> None:
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert not answer.cookies


def test_it_refuses_to_have_probes_posted_to(client: Client) -> None:
    assert [client.post(path).status_code for path in ("/healthz", "/readyz", "/metrics")] == [405, 405, 405]


@pytest.mark.django_db(transaction=True)
def test_it_is_ready_when_all_three_answer(client: Client, broker_folder: Path) -> None:
    tasks.beat_heart()

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"status": "ok", "database": "ok", "broker": "ok", "worker": "ok"}
    assert not answer.cookies


@pytest.mark.django_db(transaction=True)
def test_it_is_not_ready_before_a_worker_was_seen(client: Client, broker_folder: Path) -> None:
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["worker"]) == (503, "never_seen")


@pytest.mark.django_db(transaction=True)
def test_it_is_not_ready_when_the_worker_has_been_silent(client: Client, broker_folder: Path) -> None:
    WorkerHeartbeat.objects.create(seen_at=timezone.now() - timedelta(seconds=90))

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["worker"]) == (503, "not_seen_lately")
    assert answer.json()["database"] == "ok"


@pytest.mark.django_db(transaction=True)
def test_it_is_not_ready_when_the_brokers_folder_is_gone(client: Client, broker_folder: Path) -> None:
    broker_folder.rmdir()
    tasks.beat_heart()

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["broker"], answer.json()["worker"]) == (503, "unreachable", "ok")


@pytest.mark.django_db(transaction=True)
def test_it_says_in_time_that_the_broker_hangs(
    client: Client, celery_broker: Callable[[str], None], silent_port: int
) -> None:
    celery_broker(f"redis://127.0.0.1:{silent_port}/0")
    tasks.beat_heart()

    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()["worker"]) == (503, "ok")
    assert answer.json()["broker"] in ("timeout", "unreachable")


@pytest.mark.django_db
def test_it_keeps_metrics_from_strangers(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN

    refusals = [
        client.get("/metrics"),
        client.get("/metrics", headers={"Authorization": "Bearer another"}),
        client.get("/metrics", headers={"Authorization": f"Basic {TOKEN}"}),
        client.get("/metrics", headers={"Authorization": "Bearer ünlikely"}),
    ]

    assert [answer.status_code for answer in refusals] == [401] * 4
    assert refusals[0]["WWW-Authenticate"] == 'Bearer realm="metrics"'


@pytest.mark.django_db
def test_it_opens_metrics_to_nobody_by_an_empty_token(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""

    assert client.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 401


def test_it_keeps_metrics_from_reviewers(client: Client, anna: User) -> None:
    client.force_login(anna)

    assert client.get("/metrics").status_code == 403


def test_it_shows_metrics_to_an_administrator(client: Client, admin: User) -> None:
    client.force_login(admin)

    assert client.get("/metrics").status_code == 200


@pytest.fixture(autouse=True)
def counted_anew() -> None:
    """What other tests counted is forgotten."""
    metrics.ended_counts.cache_clear()


def test_it_measures_the_domain(client: Client, settings: Any, flow: UserFlow) -> None:
    settings.METRICS_TOKEN = TOKEN
    make_request(flow, email="one@fabrikam.example")
    make_request(flow, email="two@fabrikam.example")
    make_request(flow, email="three@fabrikam.example", status="failed")
    UnusableCall.objects.create(flow=flow, step="submit", code="not_json")

    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})

    read = readings(answer.content.decode())
    assert read["foyer_requests", "pending"] == 2
    assert read["foyer_requests", "approved"] == 1
    assert read["foyer_requests", "denied"] == 0
    assert read["foyer_deliveries", "failed"] == 1
    assert read["foyer_outbox_queued", ""] == 4
    assert read["foyer_outbox_due", ""] == 4
    assert read["foyer_outbox_oldest_due_seconds", ""] > 0
    assert read["foyer_connector_unusable_recent", "not_json"] == 1
    assert not answer.cookies


def test_it_shows_an_empty_outbox_as_no_age(client: Client, admin: User) -> None:
    client.force_login(admin)

    read = readings(client.get("/metrics").content.decode())

    assert (read["foyer_outbox_due", ""], read["foyer_outbox_oldest_due_seconds", ""]) == (0, 0)


def test_it_forgets_old_unusable_calls(client: Client, admin: User, flow: UserFlow) -> None:
    old = UnusableCall.objects.create(flow=flow, step="submit", code="not_json")
    UnusableCall.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(hours=25))
    client.force_login(admin)

    assert ("foyer_connector_unusable_recent", "not_json") not in readings(client.get("/metrics").content.decode())


def test_it_counts_work_that_is_held_as_not_due(client: Client, admin: User, flow: UserFlow) -> None:
    outbox.enqueue("mail.received", delay=600)
    client.force_login(admin)

    read = readings(client.get("/metrics").content.decode())

    assert (read["foyer_outbox_queued", ""], read["foyer_outbox_due", ""]) == (1, 0)


def readings(text: str) -> dict[tuple[str, str], float]:
    """The samples by name and first label; the parser refuses what is no exposition."""
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return {(each.name, next(iter(each.labels.values()), "")): each.value for each in samples}
