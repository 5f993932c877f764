"""SIGKILL of the worker in the middle: one guest and one mail all the same."""

from __future__ import annotations

import signal

import pytest

from tests.journeys.conftest import ON_SERVERS
from tests.journeys.stack import Stack, eventually
from tests.simulator_process import free_ports_in_a_row

APPLICANT = "maria.silva@fabrikam.example"


def graph_writes(stack: Stack, path: str) -> int:
    """How often a Graph call arrived."""
    calls = stack.simulator.get("graph-calls")
    return sum(f"{call['method']} {call['path']}".startswith(path) for call in calls)


def approve(stack: Stack, provider: str) -> None:
    """Somebody signs up, and anna approves."""
    stack.simulator.sign_up(APPLICANT, flow="partners", provider=provider, claims={"displayName": "Maria Silva"})
    stack.api("POST", f"requests/{stack.the_request()['reference']}/approve")


def is_done(stack: Stack) -> bool:
    return bool(stack.the_request()["delivery"]["state"] == "done")


def approval_mails(stack: Stack) -> int:
    """Mails to the applicant after the receipt."""
    return len([mail for mail in stack.simulator.mails(APPLICANT) if "approved" in mail["subject"].lower()])


@pytest.mark.parametrize(
    ("stack", "provider", "cut_at"),
    [
        pytest.param("embedded", "entra", "POST /v1.0/invitations", id="embedded"),
        pytest.param("servers", "entra", "GET /v1.0/users", id="before it looked", marks=ON_SERVERS),
        pytest.param("servers", "entra", "POST /v1.0/invitations", id="inviting", marks=ON_SERVERS),
        pytest.param("servers", "entra", "PATCH /v1.0/users", id="invited", marks=ON_SERVERS),
        pytest.param("servers", "google", "POST /v1.0/users", id="creating", marks=ON_SERVERS),
    ],
    indirect=["stack"],
)
def test_a_killed_worker_leaves_one_guest_and_one_mail(stack: Stack, provider: str, cut_at: str) -> None:
    stack.start_web()
    approve(stack, provider)
    stack.simulator.fault("hang", match=cut_at, count=1, value=60)
    doomed = stack.start_worker()
    eventually(lambda: graph_writes(stack, cut_at))
    stack.kill(doomed)

    stack.start_worker()
    eventually(lambda: is_done(stack))
    eventually(lambda: approval_mails(stack))
    guests = [user for user in stack.simulator.users() if user["mail"] == APPLICANT]
    assert len(guests) == 1
    assert guests[0]["id"] == stack.the_request()["delivery"]["guest_id"]
    assert approval_mails(stack) == 1


@pytest.mark.postgres
@pytest.mark.redis
@pytest.mark.parametrize("provider", ["entra", "google"])
def test_a_lost_answer_leaves_one_guest_and_one_mail(stack: Stack, provider: str) -> None:
    stack.start_web()
    approve(stack, provider)
    stack.simulator.fault("lost_answer", match="POST /v1.0/", count=1)
    stack.start_worker()
    eventually(lambda: is_done(stack))
    eventually(lambda: approval_mails(stack))
    assert len([user for user in stack.simulator.users() if user["mail"] == APPLICANT]) == 1
    assert approval_mails(stack) == 1


@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
def test_workers_deliver_without_a_broker(stack: Stack) -> None:
    """Redis is not there from the beginning to the end: no task is ever run, and everything is delivered."""
    stack.environ["REDIS_URL"] = f"redis://127.0.0.1:{free_ports_in_a_row(1)}/0"
    stack.start_web()
    approve(stack, "google")
    worker = stack.start_worker()
    eventually(lambda: is_done(stack))
    eventually(lambda: approval_mails(stack))

    worker.send_signal(signal.SIGTERM)
    worker.wait(timeout=60)
    assert "standby_drains" in stack.log.read_text()
    assert len(stack.simulator.users()) == 1
