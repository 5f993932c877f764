"""The database is gone, hangs or is full: Entra gets a block page all the same, and nothing is half recorded."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.db import connection
from prometheus_client import REGISTRY

from approvals.models import AuditEvent, OutboxEntry, SignUpRequest
from config import health
from connector import outages
from tests.connector.conftest import CLAIMS
from tests.connector.proxy import Proxy
from tests.connector.test_situations import is_block_page, is_continue
from tests.factories import make_flow
from tests.ops.running import clean_environ, wait_until

ROOT = Path(__file__).parents[2]
# What a call may take by the promise; the test adds what a loaded machine takes by itself.
PATIENCE_SECONDS = 15.0


@pytest.fixture(autouse=True)
def well_again() -> Iterator[None]:
    """Let no test remember another's outage."""
    outages.memory.served()
    yield
    outages.memory.served()


def failures(cause: str, step: str = "submit") -> float:
    """How often the connector has counted a failure."""
    return REGISTRY.get_sample_value("foyer_connector_failures_total", {"step": step, "cause": cause}) or 0.0


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_gets_a_block_page_and_is_told(as_entra) -> None:
    entra, before = as_entra(make_flow()), failures("disk_full")
    assert is_continue(entra.check_status())
    with full_disk():
        told = entra.submit({**CLAIMS, "x": "y" * 20_000})
        assert health.ask_database() == "disk_full"
    assert is_block_page(told, "went wrong")
    assert failures("disk_full") == before + 1
    assert not SignUpRequest.objects.exists()
    assert is_block_page(entra.submit(), SignUpRequest.objects.get().reference)
    assert health.ask_database() == "ok"


@contextmanager
def full_disk() -> Iterator[None]:
    """The database's own refusal to grow: SQLite's at its limit of pages; PostgreSQL's, whose disk no test fills, by its code."""
    with connection.cursor() as cursor:
        cursor.execute(FULL[connection.vendor])
    yield
    with connection.cursor() as cursor:
        cursor.execute(FREE[connection.vendor])


FULL = {
    # No limit is below what there is: so there is not one page to spare.
    "sqlite": "PRAGMA max_page_count = 1",
    "postgresql": "CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$;"
    "CREATE TRIGGER no_space BEFORE INSERT ON approvals_auditevent EXECUTE FUNCTION no_space()",
}
FREE = {
    "sqlite": "PRAGMA max_page_count = 1073741823",
    "postgresql": "DROP TRIGGER no_space ON approvals_auditevent; DROP FUNCTION no_space()",
}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_locked_table_gets_a_block_page_and_no_late_request(as_entra) -> None:
    entra, before = as_entra(make_flow()), failures("database")
    assert is_continue(entra.check_status())
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE approvals_signuprequest IN ACCESS EXCLUSIVE MODE")
        assert is_block_page(entra.submit(), "went wrong")
        assert failures("database") == before + 1
        # The next one does not even wait.
        assert is_block_page(entra.submit(), "went wrong")
        assert failures("resting") >= 1
        waiting = "SELECT count(*) FROM pg_locks WHERE relation = 'approvals_signuprequest'::regclass AND NOT granted"
        wait_until(lambda: one(cursor, waiting) == 0)
        cursor.execute("ROLLBACK")
    assert [model.objects.count() for model in (SignUpRequest, OutboxEntry)] == [0, 0]
    wait_until(lambda: entra.submit() and SignUpRequest.objects.exists())
    assert AuditEvent.objects.filter(action="request.submitted").count() == 1


def one(cursor: Any, query: str) -> Any:
    """The one value that a query gives."""
    cursor.execute(query)
    return cursor.fetchone()[0]


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """The network before the test's PostgreSQL server."""
    settings = connection.settings_dict
    proxy = Proxy(settings["HOST"] or "127.0.0.1", int(settings["PORT"] or 5432))
    yield proxy
    proxy.close()


@pytest.fixture
def through_proxy(proxy: Proxy, free_port: int, tmp_path: Path) -> Iterator[str]:
    """The production server, whose way to the database is the proxy."""
    with production_server(free_port, tmp_path, database_port=proxy.port) as web:
        yield web


@pytest.fixture
def with_silent_broker(free_port: int, tmp_path: Path) -> Iterator[str]:
    """The production server, whose broker takes connections and never answers."""
    with (
        socket.create_server(("127.0.0.1", 0)) as broker,
        production_server(free_port, tmp_path, REDIS_URL=f"redis://127.0.0.1:{broker.getsockname()[1]}/0") as web,
    ):
        yield web


@contextmanager
def production_server(port: int, folder: Path, *, database_port: int | None = None, **environ: str) -> Iterator[str]:
    """The web server on the test's database, by way of another port if one is given."""
    settings = connection.settings_dict
    place = f"{settings['HOST'] or '127.0.0.1'}:{database_port or settings['PORT'] or 5432}"
    own = clean_environ(
        SECRET_KEY="x" * 50,
        VAR=str(folder),
        PORT=str(port),
        DATABASE_URL=f"postgres://{settings['USER']}@{place}/{settings['NAME']}",
        **environ,
    )
    process = subprocess.Popen([sys.executable, "-m", "config.serve", "web"], cwd=ROOT, env=own)
    web = f"http://127.0.0.1:{port}"
    try:
        wait_until(lambda: _alive(web))
        yield web
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS * 2)


def _alive(web: str) -> bool:
    try:
        return httpx.get(f"{web}/healthz", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_database_that_hangs_gets_block_pages_and_heals_by_itself(through_proxy: str, proxy: Proxy, as_entra) -> None:
    entra = as_entra(make_flow())

    def submit(person: str) -> Any:
        body, headers = {**CLAIMS, "email": f"{person}@b.example"}, {"Authorization": entra.authorization}
        url = f"{through_proxy}/api/connectors/{entra.slug}/submit"
        response = httpx.post(url, json=body, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False)
        assert response.status_code == 200
        return response.json()

    def recorded(person: str) -> bool:
        submit(person)
        return SignUpRequest.objects.filter(email=f"{person}@b.example").exists()

    assert recorded("before")
    proxy.hang()
    assert all(is_block_page(submit(f"during-{number}"), "went wrong") for number in range(12))
    ready = httpx.get(f"{through_proxy}/readyz", timeout=PATIENCE_SECONDS, trust_env=False)
    assert (ready.status_code, ready.json()["database"]) == (503, "timeout")
    proxy.go_on()
    wait_until(lambda: recorded("after"))
    requests = SignUpRequest.objects.count()
    assert AuditEvent.objects.filter(action="request.submitted").count() == requests
    assert OutboxEntry.objects.filter(kind="request.announce").count() == requests


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_gone_gets_a_block_page(through_proxy: str, proxy: Proxy, as_entra) -> None:
    entra = as_entra(make_flow())
    proxy.close()
    headers = {"Authorization": entra.authorization}
    url = f"{through_proxy}/api/connectors/{entra.slug}/submit"
    response = httpx.post(url, json=CLAIMS, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False)
    assert is_block_page(json.loads(response.content), "went wrong")
    assert httpx.get(f"{through_proxy}/readyz", trust_env=False).json()["database"] == "unreachable"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_broker_that_hangs_keeps_no_applicant_waiting(with_silent_broker: str, as_entra) -> None:
    entra = as_entra(make_flow())
    url, headers = f"{with_silent_broker}/api/connectors/{entra.slug}/submit", {"Authorization": entra.authorization}
    for person in range(20):
        body = {**CLAIMS, "email": f"person-{person}@b.example"}
        response = httpx.post(url, json=body, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False)
        assert is_block_page(response.json(), SignUpRequest.objects.get(email=body["email"]).reference)
    ready = httpx.get(f"{with_silent_broker}/readyz", timeout=PATIENCE_SECONDS, trust_env=False).json()
    assert ready["database"] == "ok"
    assert ready["broker"] in ("timeout", "unreachable")
