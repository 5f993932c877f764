"""What several web processes count, asked of any of them."""

from __future__ import annotations

import re
import signal

import httpx
import pytest

from tests.journeys.stack import FLOW, Stack, eventually
from tests.journeys.test_restarts import children

TOKEN = "only-for-reading-the-metrics"
CALLS = 24


@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
def test_every_process_tells_what_all_have_counted(stack: Stack) -> None:
    """Also what was counted by processes that have ended since."""
    stack.environ.update(PORT=str(stack.port), WEB_WORKERS="2", METRICS_TOKEN=TOKEN, WEB_RELOAD_SECONDS="2")
    web = stack.start("config.serve", "web")
    eventually(lambda: stack.answers() and len(children(web.pid)) == 2)
    for number in range(CALLS):
        ask(stack, number)

    assert {counted(stack) for _scrape in range(12)} == {CALLS}

    before = children(web.pid)
    web.send_signal(signal.SIGHUP)
    eventually(lambda: len(after := children(web.pid)) == 2 and not after & before, within=90)
    ask(stack, CALLS)
    assert {counted(stack) for _scrape in range(12)} == {CALLS + 1}


def ask(stack: Stack, number: int) -> None:
    """Check the status of somebody new, on a connection of its own."""
    claims = {"email": f"{number}@fabrikam.example"}
    auth = (stack.keys.username, stack.keys.password)
    url = f"{stack.url}/api/connectors/{FLOW}/check-status"
    assert httpx.post(url, json=claims, auth=auth, timeout=20, trust_env=False).json()["action"] == "Continue"


def counted(stack: Stack) -> float:
    """The answers at `check-status`, by one scrape."""
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    told = httpx.get(f"{stack.url}/metrics", headers=bearer, timeout=20, trust_env=False).text
    return sum(map(float, re.findall(r"^foyer_connector_answers_total\{[^}]*\} (\S+)$", told, re.MULTILINE)))
