"""The parts of the storm. Each strikes for a while, sets everything right again, and says how often it struck."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from chaos.installation import Installation
from chaos.mail_server import Mood
from chaos.plan import Plan

HOUR = 3600.0
LONGEST_EXTENSION = 4.0
"""A part that has struck nobody yet goes on for so many seconds more."""


@dataclass
class Stage:
    """What a strike may lay hands on."""

    plan: Plan
    house: Installation
    chance: random.Random
    over: threading.Event
    tally: Counter[str] = field(default_factory=Counter)
    # Moments between which a mail may be accepted and not noted, or be worked on twice.
    cut: list[tuple[float, float]] = field(default_factory=list)
    writing: threading.Lock = field(default_factory=threading.Lock)
    postgres_in_hand: threading.Lock = field(default_factory=threading.Lock)
    redis_in_hand: threading.Lock = field(default_factory=threading.Lock)
    mail_in_hand: threading.Lock = field(default_factory=threading.Lock)

    def count(self, part: str, number: int) -> None:
        """Note that a part struck so often."""
        with self.writing:
            self.tally[part] += number

    @contextmanager
    def cutting(self) -> Iterator[None]:
        """While it lasts, a worker may not be able to write down what it has done; nobody else has PostgreSQL in hand."""
        with self.postgres_in_hand:
            begun = time.time()
            try:
                yield
            finally:
                self.cut.append((begun, time.time()))

    def wait(
        self, seconds: float, *, until: Callable[[], bool] = lambda: True, longest: float = LONGEST_EXTENSION
    ) -> None:
        """Let it last, and up to `longest` more `until` it has had an effect; cut short when the run is ended."""
        self.over.wait(seconds)
        while longest > 0 and not until() and not self.over.wait(0.25):
            longest -= 0.25


Strike = Callable[[Stage, float], int]


def graph(kind: str, value: float | str | None = None, *, match: str | None = None) -> Strike:
    """A fault of the pretend tenant's; counted are the calls that it struck."""

    def strike(stage: Stage, seconds: float) -> int:
        tenant, asked = stage.house.tenant, {"kind": kind, "value": value, "match": match}
        fault = tenant.post("faults", asked)[-1]["id"]
        try:
            stage.wait(seconds, until=lambda: _struck(stage, fault) > 0)
            return _struck(stage, fault)
        finally:
            tenant.http.delete("/control/faults", params={"id": fault})

    return strike


def _struck(stage: Stage, fault: int) -> int:
    return sum(each["struck"] for each in stage.house.tenant.get("faults") if each["id"] == fault)


def replication_lag(stage: Stage, seconds: float) -> int:
    """Guests made from now on show on the replicas only after the plan's lag."""
    return graph("replication_lag", stage.plan.lag)(stage, seconds)


def mail(mood: Mood) -> Strike:
    """The mail server in a bad mood; counted are the conversations that it spoiled."""

    def strike(stage: Stage, seconds: float) -> int:
        server = stage.house.mail
        with stage.mail_in_hand:
            before, server.mood = server.struck, mood
            try:
                stage.wait(seconds, until=lambda: server.struck > before)
            finally:
                server.mood = Mood.GOOD
            return server.struck - before

    return strike


def redis_stopped(stage: Stage, seconds: float) -> int:
    """Redis is gone for a while, and comes back empty."""
    with stage.redis_in_hand:
        stage.house.redis.stop()
        try:
            stage.wait(seconds)
        finally:
            stage.house.redis.start()
    return 1


def redis_flushed(stage: Stage, _seconds: float) -> int:
    """Redis forgets everything."""
    with stage.redis_in_hand:
        stage.house.redis.flush()
    return 1


def postgres_restarted(stage: Stage, _seconds: float) -> int:
    """PostgreSQL crashes and recovers."""
    with stage.cutting():
        stage.house.postgres.restart()
    return 1


def postgres_cut(stage: Stage, _seconds: float) -> int:
    """Every connection to PostgreSQL is ended by the server."""
    with stage.cutting():
        return stage.house.postgres.cut_connections()


def postgres_frozen(stage: Stage, seconds: float) -> int:
    """PostgreSQL hangs, and goes on as if nothing had been."""
    with stage.cutting():
        stage.house.postgres.freeze()
        try:
            stage.wait(min(seconds, 5))
        finally:
            stage.house.postgres.thaw()
    return 1


def secret_expired(stage: Stage, seconds: float) -> int:
    """The client secret expires; workers that start anew are refused a token until there is a new secret."""
    house = stage.house
    house.tenant.post("client-secret", {"secret": None})
    for worker in house.workers:
        worker.kill()
    stage.wait(seconds * 2)
    house.replace_secret(f"secret-{uuid4().hex}")
    return 1


def clock_jumps(stage: Stage, _seconds: float) -> int:
    """The clock of all processes of Foyer is set forward an hour, and stays there."""
    with stage.cutting():
        stage.house.set_clock(HOUR)
        stage.wait(1)
    return 1


def worker_killed(stage: Stage) -> None:
    """SIGKILL to one of the two workers."""
    stage.chance.choice(stage.house.workers).kill()
    stage.count("worker killed", 1)


def web_killed(stage: Stage) -> None:
    """SIGKILL to the whole web server, or to one of its processes."""
    if stage.chance.random() < 0.5 and stage.house.web.kill_a_child(stage.chance):
        stage.count("web process killed", 1)
    else:
        stage.house.web.kill()
        stage.count("web server killed", 1)
