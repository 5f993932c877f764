"""A caller that keeps its connection is sent away from time to time, to whichever process is free."""

from __future__ import annotations

import httpx
import pytest

from config.wsgi import CALLS_PER_CONNECTION
from tests.journeys.stack import FLOW, Stack, eventually


@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
def test_it_ends_a_connection_now_and_then_and_loses_no_call(stack: Stack) -> None:
    stack.environ.update(PORT=str(stack.port), WEB_WORKERS="1")
    stack.start("config.serve", "web")
    eventually(stack.answers)
    url = f"{stack.url}/api/connectors/{FLOW}/check-status"
    with httpx.Client(auth=(stack.keys.username, stack.keys.password), timeout=20, trust_env=False) as entra:
        answers = [
            entra.post(url, json={"email": f"{number}@fabrikam.example"}) for number in range(2 * CALLS_PER_CONNECTION)
        ]
    assert {answer.json()["action"] for answer in answers} == {"Continue"}
    assert [answer.headers.get("Connection") for answer in answers].count("close") == 2
