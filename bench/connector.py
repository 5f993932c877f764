"""`python -m bench connector`: sign-ups a second, beside what this machine and its database could do at most.

In one run and turn by turn, over 16 connections: the production server, a bare Starlette + asyncpg endpoint, and pgbench,
the last two with the same two inserts in one transaction. DATABASE_URL names an empty PostgreSQL database for it; without
one the connector is measured on SQLite alone. Needs wrk, and pgbench on the path.
"""

from __future__ import annotations

import base64
import json
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

CONNECTIONS, MANY, SECONDS, ROUNDS = 16, 500, 4, 3
HERE = Path(__file__).parent
FLOW = "bench"


@dataclass(frozen=True)
class Reading:
    """How fast something went, for `SECONDS`."""

    per_second: float
    p99_ms: float
    failed: int = 0


Readings = dict[str, list[Reading]]

# What is wanted of a reading: a share of pgbench or of the bare endpoint, a rate, or 99 % within so many milliseconds.
WANTED = {
    "submit": "30 % of pgbench, 100 % of bare, p99 20 ms",
    "check status": "1.5 times submit, p99 20 ms",
    "submit on SQLite": "800 a second",
}


def main() -> None:
    """Measure, and print a line for each reading."""
    with tempfile.TemporaryDirectory(prefix="foyer-bench-") as folder:
        if os.environ.get("DATABASE_URL", "").startswith("postgres"):
            with _installed(folder) as foyer:
                print_readings("PostgreSQL", _rounds(folder, foyer))
            os.environ.pop("DATABASE_URL")
        subprocess.run([sys.executable, "-m", "bench.connector", folder], check=True)


def on_sqlite(folder: str) -> None:
    """The connector alone, in a new folder."""
    with _installed(f"{folder}/sqlite") as foyer:
        print_readings(
            "SQLite", _measure({"submit on SQLite": foyer.submit, "check status on SQLite": foyer.check_status})
        )


def _rounds(folder: str, foyer: Foyer) -> Readings:
    from bench import statements

    foyer.submit(seconds=1)
    script = Path(folder, "inserts.sql")
    script.write_text(statements.of_pgbench())
    with _bare(statements.of_bare_endpoint()) as bare:
        readings = _measure(
            {
                "pgbench, the two inserts": lambda: _pgbench(script),
                "bare endpoint, the two inserts": lambda: _wrk(bare),
                "submit": foyer.submit,
                "check status": foyer.check_status,
            }
        )
    before = _rows()
    readings[f"submit, {MANY} connections"] = [foyer.submit(connections=MANY)]
    readings["submit, after that"] = [foyer.submit()]
    added = {name: count - before[name] for name, count in _rows().items()}
    print(f"\nrecorded meanwhile: {added}")
    if len(set(added.values())) != 1:
        sys.exit("bench: something was half recorded")
    return readings


def _rows() -> dict[str, int]:
    """How many rows the three tables have at one moment: the last calls are still being answered when wrk has left."""
    from django.db import connection

    from approvals.models import AuditEvent, OutboxEntry, SignUpRequest

    models = (SignUpRequest, AuditEvent, OutboxEntry)
    counts = ", ".join(f'(SELECT count(*) FROM "{model._meta.db_table}")' for model in models)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {counts}")
        return dict(zip((model.__name__ for model in models), cursor.fetchone(), strict=True))


def _measure(subjects: dict[str, Callable[[], Reading]]) -> Readings:
    """Each in turn, over and over, so that a neighbour's load falls on all of them."""
    readings: Readings = {name: [] for name in subjects}
    for _round in range(ROUNDS):
        for name, subject in subjects.items():
            readings[name].append(subject())
    return readings


# --- The subjects --------------------------------------------------------------------------------------------


class Foyer:
    """The production server on an installation with one flow."""

    def __init__(self, address: str, username: str, secret: str, *, flow: str = FLOW) -> None:
        self.address, self.flow, self.run = address, flow, secrets.token_hex(4)
        self.authorization = "Basic " + base64.b64encode(f"{username}:{secret}".encode()).decode()

    def submit(self, *, connections: int = CONNECTIONS, seconds: int = SECONDS) -> Reading:
        """A new person each time."""
        self.run = secrets.token_hex(4)
        return self._call("submit", connections, seconds)

    def check_status(self) -> Reading:
        """The people who submitted last."""
        return self._call("check-status", CONNECTIONS, SECONDS)

    def _call(self, step: str, connections: int, seconds: int) -> Reading:
        url = f"{self.address}/api/connectors/{self.flow}/{step}"
        return _wrk(url, connections, seconds, FOYER_AUTHORIZATION=self.authorization, FOYER_RUN=self.run)


def _wrk(url: str, connections: int = CONNECTIONS, seconds: int = SECONDS, **environ: str) -> Reading:
    given = {"FOYER_AUTHORIZATION": "none", "FOYER_RUN": secrets.token_hex(4), **environ}
    command = [
        "wrk",
        "-t2",
        f"-c{connections}",
        f"-d{seconds}s",
        "--timeout",
        "20s",
        "-s",
        str(HERE / "bodies.lua"),
        url,
    ]
    said = subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True, check=True).stdout
    told = json.loads(said.splitlines()[-1])
    return Reading(told["calls"] / told["seconds"], told["p99_ms"], told["failed"])


def _pgbench(script: Path) -> Reading:
    clients = ["-c", str(CONNECTIONS), "-j", "2", "-T", str(SECONDS), "-M", "prepared", "-n", "-l"]
    command = [
        "pgbench",
        *clients,
        "--log-prefix",
        str(script.with_suffix("")),
        "-f",
        str(script),
        os.environ["DATABASE_URL"],
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"tps = ([\d.]+)", said)
    logs = list(script.parent.glob(f"{script.stem}.*[0-9]*"))
    times = sorted(int(line.split()[2]) for log in logs if log != script for line in log.read_text().splitlines())
    for log in logs:
        log.unlink()
    return Reading(float(rate[1]) if rate else 0.0, times[len(times) * 99 // 100] / 1000)


# --- The servers ---------------------------------------------------------------------------------------------


@contextmanager
def _installed(folder: str) -> Iterator[Foyer]:
    """The production server with the settings that it ships with, on a prepared database."""
    os.environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": secrets.token_urlsafe(48),
            "VAR": folder,
            "PORT": os.environ.get("PORT", "8790"),
        }
    )
    subprocess.run([sys.executable, "-m", "config.prepare"], check=True)
    import django

    django.setup()
    from approvals.models import UserFlow
    from connector.models import ConnectorCredential

    flow, _ = UserFlow.objects.get_or_create(
        slug=FLOW, defaults={"name": "Bench", "redirect_url": "https://b.example/"}
    )
    for old in ConnectorCredential.objects.live().filter(flow=flow):
        old.revoke()
    credential, secret = ConnectorCredential.issue(flow)
    address = f"http://127.0.0.1:{os.environ['PORT']}"
    with (
        Path(folder, "web.log").open("wb") as log,
        server([sys.executable, "-m", "config.serve", "web"], f"{address}/healthz", log),
    ):
        yield Foyer(address, credential.username, secret)


@contextmanager
def _bare(statements: dict[str, str]) -> Iterator[str]:
    port = int(os.environ["PORT"]) + 1
    os.environ["BENCH_STATEMENTS"] = json.dumps(statements)
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "bench.bare:app",
        "--port",
        str(port),
        "--workers",
        "2",
        "--no-access-log",
    ]
    address = f"http://127.0.0.1:{port}"
    with server([*command, "--log-level", "warning"], address, None):
        yield f"{address}/submit"


@contextmanager
def server(command: list[str], address: str, log: object, environ: dict[str, str] | None = None) -> Iterator[None]:
    """The process, from the moment when it answers."""
    process = subprocess.Popen(command, stderr=log, env=environ)  # type: ignore[call-overload]
    try:
        while not _answers(address):
            if process.poll() is not None:
                sys.exit(f"{command[2]} did not start")
            time.sleep(0.1)
        yield
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    try:
        httpx.get(address, trust_env=False)
    except httpx.HTTPError:
        return False
    return True


# --- Telling -------------------------------------------------------------------------------------------------


def print_readings(title: str, readings: Readings) -> None:
    """A line for each reading, with its share of the limits and what is wanted of it."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    print(f"\n{title}: {CONNECTIONS} connections, {ROUNDS} times {SECONDS} s, {os.cpu_count()} processors, load {load}")
    print(
        f"{'a second':<34}{'min':>8}{'median':>8}{'max':>8}{'p99 ms':>9}{'failed':>8}{'of pgbench':>12}{'of bare':>9}"
    )
    medians = {name: _median(of_one) for name, of_one in readings.items()}
    pgbench, bare = (next((m for n, m in medians.items() if n.startswith(name)), None) for name in ("pgbench", "bare"))
    for name, of_one in readings.items():
        rates = [each.per_second for each in of_one]
        p99 = statistics.median(each.p99_ms for each in of_one)
        shares = "".join(f"{medians[name] / limit:>{width}.0%}" for limit, width in ((pgbench, 12), (bare, 9)) if limit)
        failed = sum(each.failed for each in of_one)
        told = f"{name:<34}{min(rates):>8.0f}{medians[name]:>8.0f}{max(rates):>8.0f}{p99:>9.1f}{failed:>8}{shares}"
        print(f"{told}   {WANTED.get(name, '')}".rstrip())


def _median(readings: list[Reading]) -> float:
    return statistics.median(each.per_second for each in readings)


if __name__ == "__main__":
    on_sqlite(sys.argv[1])
