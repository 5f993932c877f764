"""Restarts that are asked for: nothing is cut off, nobody is refused."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest

from tests.journeys.conftest import ON_SERVERS
from tests.journeys.stack import Stack, eventually
from tests.journeys.test_crash import APPLICANT, approval_mails, approve, graph_writes, is_done

CALLERS = 4


@pytest.mark.parametrize(
    "stack", ["embedded", pytest.param("servers", marks=ON_SERVERS)], ids=["embedded", "servers"], indirect=True
)
def test_a_worker_that_is_asked_to_end_finishes_the_entry_in_hand(stack: Stack) -> None:
    """The guest is made by the worker that was told to stop; what it did not begin waits for the next one."""
    stack.environ["OUTBOX_LEASE_SECONDS"] = "120"
    stack.start_web()
    approve(stack, "google")
    stack.simulator.fault("hang", match="POST /v1.0/users", count=1, value=5)
    worker = stack.start_worker()
    eventually(lambda: not stack.simulator.get("faults"))  # it has struck: the call hangs
    worker.send_signal(signal.SIGTERM)

    assert worker.wait(timeout=60) == 0
    told = stack.log.read_text()
    assert told.index("Warm shutdown") < told.index("guest_ready")
    assert is_done(stack)
    assert graph_writes(stack, "POST /v1.0/users") == 1
    assert approval_mails(stack) == 0

    stack.start_worker()
    eventually(lambda: approval_mails(stack))
    assert len([user for user in stack.simulator.users() if user["mail"] == APPLICANT]) == 1


@pytest.mark.postgres
@pytest.mark.redis
def test_a_rolling_restart_answers_every_connector_call(stack: Stack) -> None:
    """SIGHUP under load, each call on a connection of its own: every web process is a new one afterwards."""
    stack.environ.update(PORT=str(stack.port), WEB_WORKERS="2", WEB_THREADS="2")
    web = stack.start("config.serve", "web")
    eventually(stack.answers)
    before = children(web.pid)
    with callers(stack) as answers:
        eventually(lambda: answers.total() > CALLERS)
        web.send_signal(signal.SIGHUP)
        eventually(lambda: len(after := children(web.pid)) == 2 and not after & before, within=90)
        seen = answers.total()
        eventually(lambda: answers.total() > seen + CALLERS)

    assert set(answers) == {"200 ShowBlockPage"}, answers
    assert len(stack.requests()) == answers.total()


@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
def test_calls_that_wait_at_processes_that_die_are_answered_by_the_next(stack: Stack) -> None:
    """The processes stand still while people call, and are killed: nobody's connection is reset."""
    stack.environ.update(PORT=str(stack.port), WEB_WORKERS="2", WEB_THREADS="2")
    web = stack.start("config.serve", "web")
    eventually(stack.answers)
    eventually(lambda: len(children(web.pid)) == 2)
    before = children(web.pid)
    for process in before:
        os.kill(process, signal.SIGSTOP)
    eventually(lambda: all(stands_still(process) for process in before))
    waiting = [socket.create_connection(("127.0.0.1", stack.port), timeout=60) for _ in range(20)]
    for connection in waiting:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
    for process in before:
        os.kill(process, signal.SIGKILL)

    assert {first_line(connection) for connection in waiting} == {b"HTTP/1.1 200 OK\r\n"}
    assert not before & children(web.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux ends processes with their parent")
@pytest.mark.parametrize("stack", ["embedded"], indirect=True)
def test_web_processes_end_with_a_server_that_is_killed(stack: Stack) -> None:
    """Nothing keeps the port from the server that a supervisor starts next."""
    stack.environ.update(PORT=str(stack.port), WEB_WORKERS="2")
    web = stack.start("config.serve", "web")
    eventually(lambda: stack.answers() and len(children(web.pid)) == 2)
    before = children(web.pid)
    web.kill()
    eventually(lambda: not any(Path(f"/proc/{process}").exists() for process in before))

    stack.start("config.serve", "web")
    eventually(stack.answers)


@contextmanager
def callers(stack: Stack) -> Iterator[Counter[str]]:
    """People who sign up all the time, as Entra calls for them; what each was answered, the last ones included."""
    flow = json.loads(stack.simulator.flows_file.read_text())["flows"][0]
    answers: Counter[str] = Counter()
    enough = Event()

    def call(caller: int) -> None:
        auth = (flow["username"], flow["password"])
        number = 0
        while not enough.wait(0.02):
            number += 1
            claims = {"email": f"{caller}-{number}@fabrikam.example", "displayName": "A Person", "ui_locales": "en"}
            try:
                answer = httpx.post(flow["submit_url"], json=claims, auth=auth, timeout=20, trust_env=False)
                answers[f"{answer.status_code} {answer.json()['action']}"] += 1
            except httpx.TransportError as error:
                answers[type(error).__name__] += 1

    threads = [Thread(target=call, args=(caller,)) for caller in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        enough.set()
        for thread in threads:
            thread.join(timeout=30)


def children(pid: int) -> set[int]:
    """The web processes of a server; its helpers of other names do not count."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            if int(parent) == pid and b"resource_tracker" not in (folder / "cmdline").read_bytes():
                found.add(int(folder.name))
        except OSError:
            continue
    return found


def first_line(connection: socket.socket) -> bytes:
    """Of the answer; the connection is closed."""
    with connection, connection.makefile("rb") as answer:
        return answer.readline()


def stands_still(pid: int) -> bool:
    """Whether each thread of the process has stopped."""
    states = [task.read_text().rpartition(")")[2].split()[0] for task in Path(f"/proc/{pid}/task").glob("*/stat")]
    return set(states) == {"T"}
