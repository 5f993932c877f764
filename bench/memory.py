"""What a web process and a worker hold in memory while they work: `python -m bench memory`, or `python -m bench.memory`.

Starts the shipped processes with the pretend tenant and lets people sign up (check status, then submit) while reviewers
read pages and approve some; the worker sends the mails and makes the guests. Needs FOYER_TEST_DATABASE_URL (PostgreSQL)
and FOYER_TEST_REDIS_URL, whose database should be used by nobody else. RSS counts pages that processes share in each of
them, PSS in shares.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx

from tests.journeys.stack import Stack, eventually, fresh_database
from tests.simulator_process import start_simulator

CALLERS = 8
# After so many calls one person opens a page, and one request is approved.
A_PAGE_EVERY, AN_APPROVAL_EVERY = 50, 500
LIMITS_MB = {"web": 150, "worker": 120}
# What is freed and taken again moves a process by some per cent; what leaks goes on.
STEADY = 0.05
PAGES = (
    "/requests/",
    "/requests/?tab=all",
    "/requests/?tab=all&q=person",
    "/requests/?q=fabrikam",
    "/history/",
    "/history/?kind=mail",
    "/api/v1/requests/?limit=200",
    "/api/v1/audit-events/?order=newest",
    "/metrics",
)


@dataclass(frozen=True)
class Held:
    """What one process holds, in MB."""

    rss: float
    pss: float


Reading = dict[str, Held]


def main(arguments: Sequence[str] = ()) -> int:
    """Measure, and print a line for each process; 1 when one holds too much or goes on growing."""
    parser = argparse.ArgumentParser(prog="python -m bench.memory", description=__doc__)
    parser.add_argument("--calls", type=int, default=100_000, help="connector calls, half of them submits")
    options = parser.parse_args(arguments)
    with _installation() as stack:
        roots = _start(stack)
        readings = [_read(roots)]
        begun, callers = time.monotonic(), _Callers(stack)
        for _ in range(2):
            callers.make(options.calls // 2)
            readings.append(_read(roots))
        seconds = time.monotonic() - begun
        print(f"{options.calls:,} calls and {callers.pages} pages in {seconds:.0f} s; load {os.getloadavg()[0]:.1f}")
        print(f"{_work_done()}\n")
        return _print(readings)


@contextmanager
def _installation() -> Iterator[Stack]:
    with ExitStack() as cleaning:
        folder = Path(cleaning.enter_context(tempfile.TemporaryDirectory(prefix="foyer-bench-")))
        tenant = start_simulator(folder / "tenant")
        cleaning.enter_context(tenant)
        environ = {
            "DATABASE_URL": cleaning.enter_context(fresh_database(os.environ["FOYER_TEST_DATABASE_URL"])),
            "REDIS_URL": os.environ["FOYER_TEST_REDIS_URL"],
            "METRICS_TOKEN": "only-for-this-measurement",
            "LOG_LEVEL": "WARNING",
        }
        stack = Stack(folder, tenant, environ)
        cleaning.callback(stack.stop)
        os.environ.update(stack.environ, DJANGO_SETTINGS_MODULE="config.settings")
        import django

        django.setup()
        stack.set_up()
        yield stack


def _start(stack: Stack) -> dict[str, int]:
    """Start both as they are shipped; the processes at the root of each."""
    stack.environ |= {"PORT": str(stack.port)}
    subprocess.run([sys.executable, "-m", "config.prepare"], env=stack.environ, check=True)
    web, worker = stack.start("config.serve", "web"), stack.start("config.serve", "worker")
    eventually(
        lambda: httpx.get(f"{stack.url}/readyz", trust_env=False).status_code == 200 if stack.answers() else 0,
        within=120,
    )
    return {"web": web.pid, "worker": worker.pid}


class _Callers:
    """Entra and the reviewers, several at a time."""

    def __init__(self, stack: Stack) -> None:
        from approvals.models import UserFlow
        from connector.models import ConnectorCredential

        flow = UserFlow.objects.get()
        credential, secret = ConnectorCredential.issue(flow)
        self._entra = httpx.Client(base_url=stack.url, auth=(credential.username, secret), trust_env=False, timeout=60)
        self._reviewer = httpx.Client(base_url=stack.url, cookies=_session(), trust_env=False, timeout=60)
        self._flow, self._people, self._lock = flow.slug, count(), threading.Lock()
        self.pages = 0

    def make(self, calls: int) -> None:
        """Two calls for each new person, and now and then a page and an approval."""
        with ThreadPoolExecutor(CALLERS) as pool:
            for _ in pool.map(self._sign_up, range(calls // 2)):
                pass

    def _sign_up(self, _: int) -> None:
        with self._lock:
            number = next(self._people)
        claims = {"email": f"person{number}@fabrikam.example", "displayName": f"Person {number}", "ui_locales": "en-US"}
        for step, expected in (("check-status", "Continue"), ("submit", "ShowBlockPage")):
            answer = self._entra.post(f"/api/connectors/{self._flow}/{step}", json=claims).raise_for_status().json()
            if answer["action"] != expected:
                raise AssertionError(answer)
        if number % (A_PAGE_EVERY // 2) == 0:
            self._look(number)

    def _look(self, number: int) -> None:
        path = PAGES[number // (A_PAGE_EVERY // 2) % len(PAGES)]
        self._reviewer.get(path).raise_for_status()
        self.pages += 1
        if number % (AN_APPROVAL_EVERY // 2) == 0:
            self.pages += 1
            self._reviewer.get(f"/requests/{_approve_latest()}/").raise_for_status()


def _session() -> dict[str, str]:
    """The cookie of an administrator who has signed in."""
    from django.conf import settings
    from django.test import Client

    from accounts.models import User

    browser = Client()
    browser.force_login(User.objects.create_superuser("admin"))
    return {settings.SESSION_COOKIE_NAME: browser.cookies[settings.SESSION_COOKIE_NAME].value}


def _approve_latest() -> str:
    """Approve the newest request that waits; its reference."""
    from accounts.models import User
    from approvals import workflow
    from approvals.models import SignUpRequest

    latest = SignUpRequest.objects.needing_decision().order_by("-submitted_at")[0]
    workflow.approve(latest.pk, actor=User.objects.get(username="admin"))
    return latest.reference


def _work_done() -> str:
    from approvals.models import Delivery, OutboxEntry

    done = OutboxEntry.objects.filter(state=OutboxEntry.State.DONE).count()
    return f"{done:,} outbox entries done, {Delivery.objects.filter(state=Delivery.State.DONE).count()} guests made"


def _read(roots: dict[str, int]) -> Reading:
    """What each process of the trees holds now. The first of several is the one that watches over the others."""
    held: Reading = {}
    for name, root in roots.items():
        processes = [root, *_children(root)]
        for number, pid in enumerate(processes):
            held[f"{name} {number}" if len(processes) > 1 else name] = _held(pid)
    return held


def _children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return sorted(int(child) for task in tasks for child in task.read_text().split())


def _held(pid: int) -> Held:
    lines = (line.split() for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:])
    sizes = {words[0]: int(words[1]) / 1024 for words in lines}
    return Held(sizes["Rss:"], sizes["Pss:"])


def _print(readings: list[Reading]) -> int:
    print(f"{'MB, RSS / PSS':20}{'at the start':>18}{'at half':>18}{'at the end':>18}{'limit':>8}")
    well = True
    for name in readings[0]:
        start, half, end = (reading[name] for reading in readings)
        limit = LIMITS_MB[name.split()[0]]
        well &= end.rss < limit and end.rss < half.rss * (1 + STEADY)
        print(
            f"{name:20}" + "".join(f"{each.rss:10.1f} /{each.pss:6.1f}" for each in (start, half, end)) + f"{limit:8}"
        )
    print("\nwithin the limits, and steady" if well else "\nTOO MUCH, OR GROWING")
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
