"""How well several workers use Graph's quota, against the pretend tenant that enforces it: `python -m bench.quota`.

Needs FOYER_TEST_DATABASE_URL (PostgreSQL) and FOYER_TEST_REDIS_URL, whose database should be used by nobody else. A
bulk of approvals waits when the workers start; in the middle a second reviewer approves one more request.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.journeys.stack import Stack, fresh_database
from tests.simulator_process import SimulatorProcess, start_simulator

LOOK_SECONDS = 0.25
GRACE = 3.0


@dataclass(frozen=True)
class Plan:
    """What is tried."""

    approvals: int
    writes: int
    window: float
    believed: int
    workers: int
    threads: int
    latency: float
    used: float

    @property
    def rate(self) -> float:
        """The writes in a second that Graph allows."""
        return self.writes / self.window


@dataclass(frozen=True)
class Found:
    """What was seen: counts, seconds, and the delay of the single approval."""

    accepted: int
    refused: int
    seconds: float
    done: int
    single: float | None
    connections: int
    by_fifths: list[float]


def main() -> int:
    """Measure, and print one table; 1 when the quota was used badly or impolitely."""
    plan = _plan()
    with _installation(plan) as stack:
        found = _measure(plan, stack)
    _print(plan, found)
    well = plan.used > 0 or found.accepted / found.seconds >= 0.95 * plan.rate
    politely = found.refused < 0.01 * (found.accepted + found.refused)
    return 0 if found.done > plan.approvals and well and politely else 1


def _plan() -> Plan:
    parser = argparse.ArgumentParser(prog="python -m bench.quota", description=__doc__)
    parser.add_argument("--approvals", type=int, default=600, help="requests of the bulk")
    parser.add_argument("--writes", type=int, default=300, help="writes that the tenant allows in a window")
    parser.add_argument("--window", type=float, default=15.0, help="seconds of the window")
    parser.add_argument("--believed", type=int, help="GRAPH_WRITES_PER_WINDOW, when it is not what the tenant allows")
    parser.add_argument("--workers", type=int, default=3, help="worker processes")
    parser.add_argument("--threads", type=int, default=8, help="threads of each")
    parser.add_argument("--latency", type=float, default=0.1, help="seconds of a read; a write takes three times")
    parser.add_argument("--used", type=float, default=0.0, help="share of the quota that others use meanwhile")
    # `python -m bench quota` names this part.
    parser.add_argument("part", nargs="?", help=argparse.SUPPRESS)
    given = vars(parser.parse_args())
    del given["part"]
    return Plan(**{**given, "believed": given["believed"] or given["writes"]})


@contextmanager
def _installation(plan: Plan) -> Iterator[Stack]:
    """A database with the approved requests, and a tenant; no workers yet."""
    with ExitStack() as cleaning:
        folder = Path(cleaning.enter_context(tempfile.TemporaryDirectory(prefix="foyer-bench-")))
        strict = {"SIMULATOR_WRITES_PER_WINDOW": str(plan.writes), "SIMULATOR_WINDOW_SECONDS": str(plan.window)}
        tenant = start_simulator(folder / "tenant", **strict, SIMULATOR_LATENCY=str(plan.latency))
        cleaning.enter_context(tenant)
        environ = {
            "DATABASE_URL": cleaning.enter_context(fresh_database(os.environ["FOYER_TEST_DATABASE_URL"])),
            "GRAPH_WRITES_PER_WINDOW": str(plan.believed),
            "GRAPH_WINDOW_SECONDS": str(plan.window),
            "LOG_LEVEL": "WARNING",
            "REDIS_URL": os.environ["FOYER_TEST_REDIS_URL"],
            # One worker thread for each guest in hand.
            "OUTBOX_AT_ONCE": f"guest={plan.workers * plan.threads}",
        }
        stack = Stack(folder, tenant, environ)
        cleaning.callback(stack.stop)
        _prepare(plan, stack)
        yield stack


def _prepare(plan: Plan, stack: Stack) -> None:
    os.environ.update(stack.environ)
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django

    django.setup()
    stack.set_up()
    _approve("anna", plan.approvals)


def _approve(reviewer: str, number: int) -> list[Any]:
    """Let a reviewer approve so many new requests; the mails of their arrival count as sent long ago."""
    from accounts.models import User
    from approvals import workflow
    from approvals.models import OutboxEntry, UserFlow
    from tests.factories import make_identity, make_request

    flow, actor = (
        UserFlow.objects.get(),
        User.objects.get_or_create(username=reviewer, defaults={"is_superuser": True})[0],
    )
    made = []
    for at in range(number):
        name = f"{reviewer}-{at}-{uuid4().hex[:8]}"
        identity = make_identity(issuer_assigned_id=name)
        made.append(make_request(flow, email=f"{name}@fabrikam.example", identities=(identity,)))
    arrivals = OutboxEntry.objects.filter(request__in=made).exclude(kind="guest.provision")
    arrivals.update(state=OutboxEntry.State.CANCELLED)
    for request in made:
        workflow.approve(request.pk, actor=actor)
    return made


def _measure(plan: Plan, stack: Stack) -> Found:
    from approvals.models import Delivery

    for _ in range(plan.workers):
        _start_worker(stack, plan.threads)
    _wait_for_workers(plan.workers)
    tenant, done = stack.simulator, Delivery.objects.filter(state=Delivery.State.DONE)
    tenant.post("quota", {"used": plan.used})
    moments: list[tuple[float, int]] = []
    single: Any = None
    decided, ended = 0.0, None
    limit = time.monotonic() + 60 + GRACE * plan.approvals / plan.rate
    while time.monotonic() < limit and done.count() <= plan.approvals:
        accepted = tenant.get("quota")["accepted"]
        if not moments or accepted > moments[-1][1]:
            moments.append((time.monotonic(), accepted))
        if single is None and accepted > plan.approvals / 2:
            decided, single = time.monotonic(), _approve("ben", 1)[0]
        if single is not None and ended is None and done.filter(pk=single.pk).exists():
            ended = time.monotonic() - decided
        time.sleep(LOOK_SECONDS)
    return _found(tenant, moments, done.count(), ended)


def _wait_for_workers(number: int) -> None:
    """Return when all workers have started: they begin to work one by one, and the rate is that of all."""
    from config.celery import app

    limit = time.monotonic() + 90
    while len(app.control.ping(timeout=0.5) or ()) < number:
        if time.monotonic() > limit:
            raise RuntimeError("the workers did not start")


def _start_worker(stack: Stack, threads: int) -> None:
    schedule = str(stack.var / f"beat-{uuid4().hex[:8]}")
    options = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
    stack.start("celery", "-A", "config", "worker", "-B", "-s", schedule, "-P", "threads", "-c", str(threads), *options)


def _found(tenant: SimulatorProcess, moments: list[tuple[float, int]], done: int, single: float | None) -> Found:
    (start, first), (end, last) = moments[0], moments[-1]
    peers = {call["peer"] for call in tenant.get("graph-calls")}
    return Found(
        accepted=last - first,
        refused=tenant.get("quota")["refused"],
        seconds=end - start,
        done=done,
        single=single,
        connections=len(peers),
        by_fifths=_by_fifths(moments),
    )


def _by_fifths(moments: list[tuple[float, int]]) -> list[float]:
    """The rate in each fifth of the time."""
    start, length = moments[0][0], (moments[-1][0] - moments[0][0]) / 5
    at = [max(count for moment, count in moments if moment <= start + part * length + 0.001) for part in range(6)]
    return [(later - earlier) / length for earlier, later in itertools.pairwise(at)]


def _print(plan: Plan, found: Found) -> None:
    rate = found.accepted / found.seconds
    calls = found.accepted + found.refused
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    print(f"Graph's quota, shared in Redis: {plan.writes} writes in {plan.window:g} s; load {load}")
    print(f"  workers              {plan.workers} x {plan.threads} threads, latency {plan.latency:g} s")
    print(f"  guests made          {found.done} of {plan.approvals + 1}")
    print(
        f"  writes a second      {rate:.2f} of {plan.rate:.2f} allowed ({rate / plan.rate:.1%}), for {found.seconds:.1f} s"
    )
    print(f"  in each fifth        {', '.join(f'{each:.1f}' for each in found.by_fifths)}")
    print(f"  refused              {found.refused} ({found.refused / max(calls, 1):.2%})")
    print(f"  one more approval    {'not done' if found.single is None else f'{found.single:.1f} s'} behind the bulk")
    print(f"  connections at last  {found.connections}")


if __name__ == "__main__":
    sys.exit(main())
