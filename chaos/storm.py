"""The storm: first every part in turn, then several at once; and all the while processes are killed."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from chaos import strikes
from chaos.mail_server import Mood
from chaos.strikes import Stage, Strike

TOKENS = "/oauth2/v2.0/token"
WRITES = "POST /v1.0/"

PARTS: dict[str, Strike] = {
    "directory's replicas lag": strikes.replication_lag,
    "Graph loses the answer": strikes.graph("lost_answer", match=WRITES),
    "Graph answers 429": strikes.graph("throttle", 1.37),
    "Graph answers 500": strikes.graph("unavailable", 500),
    "Graph answers 502, a page": strikes.graph("unavailable", 502),
    "Graph answers 503": strikes.graph("unavailable", 503),
    "Graph answers 504": strikes.graph("unavailable", 504),
    "Graph hangs": strikes.graph("hang", 30),
    "Graph refuses the token": strikes.graph("rejected_token"),
    "sign-in service down": strikes.graph("unavailable", 503, match=TOKENS),
    "mail server refuses": strikes.mail(Mood.REFUSING),
    "mail server hangs": strikes.mail(Mood.HANGING),
    "mail dropped after DATA": strikes.mail(Mood.DROPPING),
    "Redis stopped": strikes.redis_stopped,
    "Redis flushed": strikes.redis_flushed,
    "PostgreSQL crashes": strikes.postgres_restarted,
    "PostgreSQL cuts connections": strikes.postgres_cut,
    "PostgreSQL hangs": strikes.postgres_frozen,
    "client secret expires": strikes.secret_expired,
    "permission is taken away": strikes.graph("missing_permission", "User.ReadWrite.All"),
    "clock jumps an hour": strikes.clock_jumps,
}
LONGEST_CALM = 20.0
# A clock that is an hour ahead already does not jump again.
ONCE = {"clock jumps an hour"}


def blow(stage: Stage) -> None:
    """The whole storm, once guests are being made; ends early when the run does."""
    stage.wait(0, until=lambda: bool(stage.house.tenant.get("graph-calls")), longest=LONGEST_CALM)
    with ThreadPoolExecutor(1 + stage.plan.at_once) as pool:
        calm = threading.Event()
        killing = pool.submit(_kill, stage, calm)
        try:
            _in_turn(stage)
            _together(stage, pool)
        finally:
            calm.set()
        killing.result()


def _in_turn(stage: Stage) -> None:
    names = list(PARTS)
    stage.chance.shuffle(names)
    for name in names:
        if not stage.over.is_set():
            _strike(stage, name)


def _together(stage: Stage, pool: ThreadPoolExecutor) -> None:
    several = sorted(PARTS.keys() - ONCE)
    for _round in range(stage.plan.together):
        if stage.over.is_set():
            return
        chosen = stage.chance.sample(several, stage.plan.at_once)
        for each in [pool.submit(_strike, stage, name) for name in chosen]:
            each.result()


def _strike(stage: Stage, name: str) -> None:
    # What cannot be done because another part has the server in hand is no strike.
    stage.count(name, PARTS[name](stage, stage.plan.strike))


def _kill(stage: Stage, calm: threading.Event) -> None:
    """One process after another, workers twice as often as the web server."""
    victims = [strikes.worker_killed, strikes.web_killed, strikes.worker_killed]
    while not calm.wait(stage.plan.killing):
        victims[0](stage)
        victims.append(victims.pop(0))
