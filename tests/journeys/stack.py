"""Foyer as an operator runs it: web server and workers as processes, beside the pretend tenant.

Nothing of the product is imported: tests speak to it over HTTP, through its commands and with signals.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

import httpx
import psycopg

from tests.simulator_process import ROOT, SimulatorProcess, free_ports_in_a_row

Found = TypeVar("Found")
FLOW = "partners"
REVIEWER = "anna@contoso.example"
SECRET_KEY = "only-for-a-journey-0123456789-abcdefghijklmnopqrstuvwxyz"


def eventually(look: Callable[[], Found], *, within: float = 45) -> Found:
    """What `look` finds, as soon as it finds something; AssertionError with the last look when it does not in time."""
    deadline = time.monotonic() + within
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < deadline, f"not in {within} s: {found!r}"
        time.sleep(0.1)


@contextlib.contextmanager
def fresh_database(server_url: str, template: str = "template1") -> Iterator[str]:
    """A PostgreSQL database of its own, like the template, gone afterwards; its URL."""
    name = f"foyer_journey_{uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'.encode())
    try:
        yield f"{server_url.rpartition('/')[0]}/{name}"
    finally:
        with psycopg.connect(server_url, autocommit=True) as server:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)'.encode())


@dataclass(frozen=True)
class Keys:
    """What opens the doors of an installation: the connector's, the staff API's and the review pages'."""

    username: str
    password: str
    token: str
    reviewers_password: str


@dataclass
class Stack:
    """One installation. `environ` is all of its configuration."""

    var: Path
    simulator: SimulatorProcess
    environ: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=lambda: free_ports_in_a_row(1))
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    keys: Keys = field(init=False)

    def __post_init__(self) -> None:
        tenant = self.simulator
        self.url = f"http://127.0.0.1:{self.port}"
        self.environ = {
            "PATH": os.environ["PATH"],
            "SECRET_KEY": SECRET_KEY,
            "VAR": str(self.var),
            "STATIC_ROOT": str(self.var / "static"),
            "BASE_URL": self.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{tenant.smtp_port}",
            "ENTRA_TENANT_ID": tenant.tenant_id,
            "ENTRA_TENANT_DOMAIN": tenant.tenant_domain,
            "ENTRA_CLIENT_ID": tenant.client_id,
            "ENTRA_CLIENT_SECRET": tenant.client_secret,
            "ENTRA_LOGIN_URL": tenant.login_url,
            "GRAPH_URL": tenant.graph_url,
            "ENTRA_CA_BUNDLE": str(tenant.ca_bundle),
            "DECISION_HOLD_SECONDS": "0",
            "OUTBOX_DRAIN_SECONDS": "1",
            **self.environ,
        }

    @property
    def log(self) -> Path:
        """What all processes logged."""
        return self.var / "log"

    def manage(self, *command: str, stdin: str = "") -> str:
        """What a management command prints; AssertionError with its complaint when it fails."""
        run = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=self.environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        return run.stdout

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a process of the installation, in a group of its own."""
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", *command],
                cwd=ROOT,
                env=self.environ,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.processes.append(process)
        return process

    def start_web(self) -> subprocess.Popen[bytes]:
        """The production web server, once it answers."""
        web = self.start(
            "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(self.port), "config.wsgi:application"
        )
        eventually(self.answers)
        return web

    def answers(self) -> bool:
        """Whether the web server does."""
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/healthz", trust_env=False).status_code == 200
        return False

    def start_worker(self) -> subprocess.Popen[bytes]:
        """A Celery worker with the periodic tasks."""
        schedule = self.var / f"beat-{uuid4().hex[:8]}"
        return self.start("celery", "-A", "config", "worker", "-B", "-s", str(schedule), "-P", "threads", "-c", "2")

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL, to the process and its children: it gets no chance to tidy up."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=20)

    def stop(self) -> None:
        """End everything that was started."""
        for process in self.processes:
            self.kill(process)

    def set_up(self) -> None:
        """A database, static files, a flow, and anna, who reviews it on the pages and through the API."""
        self.manage("migrate", "-v0")
        self.manage("collectstatic", "--noinput", "-v0")
        self.manage("create_user_flow", FLOW, "--name", "Partners", "--redirect-url", "https://app.example/")
        credential = json.loads(self.manage("issue_credential", FLOW, "--json"))
        told = self.manage("create_reviewer", "anna", "--email", REVIEWER, "--flow", FLOW)
        token = json.loads(self.manage("issue_api_token", "anna", "--name", "journeys", "--json"))["token"]
        password = told.partition("password: ")[2].strip()
        self.keys = Keys(credential["username"], credential["password"], token, password)

    def tell_simulator(self) -> None:
        """Have the pretend tenant call this installation's connector."""
        connector = f"{self.url}/api/connectors/{FLOW}"
        self.simulator.set_flows(
            {
                "slug": FLOW,
                "name": "Partners",
                "check_status_url": f"{connector}/check-status",
                "submit_url": f"{connector}/submit",
                "username": self.keys.username,
                "password": self.keys.password,
                "redirect_url": "https://app.example/",
            },
            product_url=self.url,
        )

    def requests(self, *options: str) -> list[dict[str, Any]]:
        """What `manage.py requests --json` tells."""
        told: list[dict[str, Any]] = json.loads(self.manage("requests", "--json", *options))
        return told

    def api(self, method: str, path: str) -> Any:
        """What the staff API answers to anna; AssertionError when it refuses."""
        bearer = {"Authorization": f"Bearer {self.keys.token}"}
        answer = httpx.request(method, f"{self.url}/api/v1/{path}", headers=bearer, timeout=20, trust_env=False)
        assert answer.is_success, answer.text
        return answer.json()

    def the_request(self) -> dict[str, Any]:
        """The only request there is, as the staff API tells it."""
        [request] = self.api("GET", "requests/")["results"]
        told: dict[str, Any] = request
        return told
