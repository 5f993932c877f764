"""`python -m bench.upgrade DATABASE COMMIT`: what a connector that is in use notices of an upgrade of its database.

Copies a PostgreSQL database (its URL) that is at an older state, starts the web server of the commit that fits it, keeps 16 callers
signing people up, and lets this checkout's `manage.py migrate` loose on the copy. The original is only read. Nobody else may be
connected to it while it is copied.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import psycopg

from tests.journeys.stack import eventually, fresh_database
from tests.simulator_process import free_ports_in_a_row

ROOT = Path(__file__).parents[1]
CALLERS = 16
BEFORE_SECONDS = AFTER_SECONDS = 15.0


@dataclass(frozen=True)
class Call:
    """One sign-up: when it was sent, how long its answer took, and whether it was recorded."""

    at: float
    seconds: float
    recorded: bool


@dataclass(frozen=True)
class House:
    """A web server of the older commit on the copy."""

    code: Path
    environ: dict[str, str]

    def python(self, *command: str, code: Path | None = None) -> str:
        """Run a program of the older commit, or of another checkout, and return what it prints."""
        program = [sys.executable, *command]
        ended = subprocess.run(program, cwd=code or self.code, env=self.environ, stdout=subprocess.PIPE, check=True)
        return ended.stdout.decode()


def main() -> None:
    """Measure, and print what was noticed."""
    parser = argparse.ArgumentParser(prog="python -m bench.upgrade", description=__doc__)
    parser.add_argument("database", help="the URL of a PostgreSQL database at the older state")
    parser.add_argument("commit", help="the commit whose code fits it")
    options = parser.parse_args()
    server, _, name = options.database.rpartition("/")
    with ExitStack() as cleaning:
        folder = Path(cleaning.enter_context(tempfile.TemporaryDirectory(prefix="foyer-upgrade-")))
        copy = cleaning.enter_context(fresh_database(f"{server}/postgres", name))
        code = cleaning.enter_context(_checkout(options.commit, folder / "code"))
        # What the copying left to write must not be counted.
        _do(copy, "CHECKPOINT")
        house = House(code, _environ(copy, folder))
        flow = _ask(copy, "SELECT slug FROM approvals_userflow ORDER BY id LIMIT 1")
        cleaning.enter_context(_web(house))
        _measure(house, copy, flow)


def _measure(house: House, copy: str, flow: str) -> None:
    credential = json.loads(house.python("manage.py", "issue_credential", flow, "--json"))
    rows = int(_ask(copy, "SELECT count(*) FROM approvals_signuprequest"))
    enough = Event()
    with ThreadPoolExecutor(CALLERS) as pool:
        callers = [pool.submit(_call, house, flow, credential, enough) for _ in range(CALLERS)]
        time.sleep(BEFORE_SECONDS)
        begun = time.perf_counter()
        try:
            print(house.python("manage.py", "migrate", code=ROOT))
        finally:
            ended = time.perf_counter()
            time.sleep(AFTER_SECONDS)
            enough.set()
        calls = [call for caller in callers for call in caller.result()]
    more = int(_ask(copy, "SELECT count(*) FROM approvals_signuprequest")) - rows
    print(f"{rows:,} requests; migrated in {ended - begun:.1f} s; load average {os.getloadavg()[0]:.1f}")
    _print("before", [call for call in calls if call.at < begun])
    _print("meanwhile", [call for call in calls if begun <= call.at + call.seconds and call.at <= ended])
    _print("afterwards", [call for call in calls if call.at > ended])
    print(f"refused {sum(not call.recorded for call in calls)} of {len(calls)}; recorded {more}")


def _call(house: House, flow: str, credential: dict[str, str], enough: Event) -> list[Call]:
    """Sign people up, one after another on one connection, until it is enough."""
    basic = base64.b64encode(f"{credential['username']}:{credential['password']}".encode()).decode()
    headers = {"Authorization": f"Basic {basic}", "Content-Type": "application/json"}
    connection = http.client.HTTPConnection("127.0.0.1", int(house.environ["PORT"]), timeout=60)
    calls: list[Call] = []
    while not enough.is_set():
        claims = {"email": f"{secrets.token_hex(8)}@fabrikam.example", "displayName": "A Person", "ui_locales": "en-US"}
        at = time.perf_counter()
        connection.request("POST", f"/api/connectors/{flow}/submit", json.dumps(claims), headers)
        answer = json.loads(connection.getresponse().read())
        recorded = answer["action"] == "ShowBlockPage" and "again later" not in answer["userMessage"]
        calls.append(Call(at, time.perf_counter() - at, recorded))
    return calls


def _print(when: str, calls: list[Call]) -> None:
    times = sorted(call.seconds * 1000 for call in calls)
    p99 = statistics.quantiles(times, n=100)[98]
    span = max(call.at for call in calls) - min(call.at for call in calls)
    rate, median = len(calls) / span, statistics.median(times)
    print(f"{when:11} {rate:7.0f}/s  median {median:6.1f} ms  p99 {p99:7.1f} ms  slowest {times[-1]:7.1f} ms")


@contextmanager
def _checkout(commit: str, folder: Path) -> Iterator[Path]:
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", folder, commit], cwd=ROOT, check=True)
    try:
        yield folder
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", folder], cwd=ROOT, check=True)


@contextmanager
def _web(house: House) -> Iterator[None]:
    house.python("manage.py", "collectstatic", "--noinput", "-v0")
    web = subprocess.Popen([sys.executable, "-m", "config.serve", "web"], cwd=house.code, env=house.environ)
    try:
        eventually(lambda: _answers(int(house.environ["PORT"])))
        yield
    finally:
        web.terminate()
        web.wait(timeout=30)


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _environ(copy: str, folder: Path) -> dict[str, str]:
    """All of the web server's configuration."""
    return {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": secrets.token_hex(32),
        "DATABASE_URL": copy,
        "VAR": str(folder / "var"),
        "PORT": str(free_ports_in_a_row(1)),
        "LOG_LEVEL": "ERROR",
        **{name: os.environ[name] for name in ("REDIS_URL",) if name in os.environ},
    }


def _do(database: str, command: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(command.encode())


def _ask(database: str, question: str) -> str:
    with psycopg.connect(database) as connection:
        found = connection.execute(question.encode()).fetchone()
    return str(found[0]) if found else ""


if __name__ == "__main__":
    main()
