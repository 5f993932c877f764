"""`python -m bench`: sign-ups a second, beside what this machine and this server could do at most.

The server is the production one with one process, on SQLite in a new folder or on DATABASE_URL. Two limits are measured
in the same run: what it answers when it has nothing to do (/healthz), and how many single-row transactions the database
makes durable one after another. A submit is an insert of a request, its audit event and its outbox entry, durable before it is answered.
"""

from __future__ import annotations

import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import httpx

CALLERS = 8
SECONDS = 6.0
FLOW = "bench"


@dataclass(frozen=True)
class Reading:
    """How fast something went."""

    name: str
    per_second: float
    median: float
    p99: float


def main() -> None:
    """Measure, and print a line for each reading."""
    with tempfile.TemporaryDirectory(prefix="foyer-bench-") as folder:
        os.environ.update(_environ(folder))
        subprocess.run([sys.executable, "-m", "config.prepare"], check=True)
        import django

        django.setup()
        credential = _make_flow()
        with _server() as address, httpx.Client(base_url=address, auth=credential, trust_env=False) as client:
            readings = [
                _measure("durable transactions (limit)", _commit_rows(), callers=1),
                _measure("GET /healthz (limit)", lambda: client.get("/healthz").raise_for_status()),
                _measure("check-status, never asked", _call(client, "check-status")),
                _measure("submit, a new person each time", _call(client, "submit")),
            ]
    _print(readings)


def _measure(name: str, do: Callable[[], object], *, callers: int = CALLERS) -> Reading:
    """Do it over and over, from several threads at once, after a short warming up."""
    for _ in range(10):
        do()
    end = time.perf_counter() + SECONDS

    def caller() -> list[float]:
        took = []
        while (begun := time.perf_counter()) < end:
            do()
            took.append(time.perf_counter() - begun)
        return took

    with ThreadPoolExecutor(callers) as pool:
        times = [each for future in [pool.submit(caller) for _ in range(callers)] for each in future.result()]
    return Reading(name, len(times) / SECONDS, statistics.median(times), statistics.quantiles(times, n=100)[98])


def _call(client: httpx.Client, step: str) -> Callable[[], object]:
    number = count()
    mark = secrets.token_hex(4)

    def call() -> None:
        claims = {
            "email": f"{step}-{mark}-{next(number)}@fabrikam.example",
            "displayName": "A Person",
            "ui_locales": "en-US",
        }
        answer = client.post(f"/api/connectors/{FLOW}/{step}", json=claims, timeout=20).raise_for_status().json()
        expected = "Continue" if step == "check-status" else "ShowBlockPage"
        if answer["action"] != expected or "again later" in answer.get("userMessage", ""):
            raise AssertionError(answer)

    return call


def _commit_rows() -> Callable[[], object]:
    """A single-row transaction on the same database with the same settings, with nothing around it."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_row (at varchar(40))")

    def commit() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("INSERT INTO bench_row (at) VALUES (%s)", [str(time.perf_counter())])

    return commit


def _make_flow() -> tuple[str, str]:
    from approvals.models import UserFlow
    from connector.models import ConnectorCredential

    flow, _ = UserFlow.objects.get_or_create(
        slug=FLOW, defaults={"name": "Bench", "redirect_url": "https://bench.example/"}
    )
    for old in ConnectorCredential.objects.live().filter(flow=flow):
        old.revoke()
    credential, secret = ConnectorCredential.issue(flow)
    return credential.username, secret


def _environ(folder: str) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "VAR": folder,
        "PORT": os.environ.get("PORT", "8790"),
        "WEB_WORKERS": os.environ.get("WEB_WORKERS", "1"),
        "LOG_LEVEL": "ERROR",
    }


@contextmanager
def _server() -> Iterator[str]:
    from config import probe

    port = int(os.environ["PORT"])
    process = subprocess.Popen([sys.executable, "-m", "config.serve", "web"])
    try:
        while probe.status("/healthz", port) != 200:
            if process.poll() is not None:
                sys.exit(f"the web server did not start on port {port}")
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _print(readings: list[Reading]) -> None:
    durable, idle = readings[0].per_second, readings[1].per_second
    print(f"\n{CALLERS} callers for {SECONDS:.0f} s each, {os.cpu_count()} processors shared with the callers\n")
    print(f"{'':<32}{'a second':>10}{'median':>10}{'p99':>10}{'of durable':>12}{'of idle':>9}")
    for each in readings:
        print(
            f"{each.name:<32}{each.per_second:>10.0f}{each.median * 1000:>7.1f} ms{each.p99 * 1000:>7.1f} ms"
            f"{each.per_second / durable:>12.0%}{each.per_second / idle:>9.0%}"
        )


if __name__ == "__main__":
    main()
