"""The pretend tenant as a real process, for any test that needs one.

Import `simulator_process` and `simulator` into a conftest to have them as fixtures.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

ROOT = Path(__file__).parent.parent
START_SECONDS = 20


class SimulatorProcess:
    """One running simulator with everything a client needs to reach it."""

    tenant_id = "11112222-3333-4444-8555-666677778888"
    tenant_domain = "fabrikam.onmicrosoft.com"
    client_id = "99990000-aaaa-4bbb-8ccc-ddddeeeeffff"
    client_secret = "a-secret-of-the-tests"
    extensions_app_id = "831374b3bd5041bfaa54263ec9e050fc"
    smtp_host = "127.0.0.1"

    def __init__(self, state: Path, port: int, **environ: str) -> None:
        self.state, self.port = state, port
        self._environ = environ
        self.ended: tuple[int, str] | None = None
        self.pages_url = f"http://127.0.0.1:{port}"
        self.login_url = self.graph_url = f"https://localhost:{port + 1}"
        self.authority = f"{self.login_url}/{self.tenant_id}"
        self.smtp_port = port + 2
        self.ca_bundle = state / "ca.pem"
        self.flows_file = state / "flows.json"

    @property
    def environ(self) -> dict[str, str]:
        """The environment that the process is started with."""
        return {
            **os.environ,
            "SIMULATOR_PORT": str(self.port),
            "SIMULATOR_STATE": str(self.state),
            "SIMULATOR_TENANT_ID": self.tenant_id,
            "SIMULATOR_TENANT_DOMAIN": self.tenant_domain,
            "SIMULATOR_CLIENT_ID": self.client_id,
            "SIMULATOR_CLIENT_SECRET": self.client_secret,
            "SIMULATOR_EXTENSIONS_APP_ID": self.extensions_app_id,
            **self._environ,
        }

    def start(self) -> None:
        """Start and wait until it says that it is ready; RuntimeError with what it said otherwise."""
        self.process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "simulator"],
            cwd=ROOT,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A Ctrl-C is for whoever started it, who still needs the tenant while tidying up.
            start_new_session=True,
        )
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], START_SECONDS)
        line = self.process.stdout.readline() if ready else ""
        if not line.startswith("simulator ready"):
            _, errors = self.stop()
            raise RuntimeError(f"the simulator did not start: {line}{errors}")
        trusted = ssl.create_default_context(cafile=str(self.ca_bundle))
        self.https = httpx.Client(base_url=self.graph_url, verify=trusted, trust_env=False, timeout=10)
        self.http = httpx.Client(base_url=self.pages_url, trust_env=False, timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> tuple[int, str]:
        """End it as an operator would; its exit code and what it wrote to standard error.

        The second time nothing happens, and the answer is the same.
        """
        if self.ended is not None:
            return self.ended
        for client in (self.__dict__.get("https"), self.__dict__.get("http")):
            if client is not None:
                client.close()
        self.process.terminate()
        try:
            _, errors = self.process.communicate(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            _, errors = self.process.communicate()
        self.ended = self.process.returncode, errors
        return self.ended

    def get(self, path: str, **params: str) -> Any:
        """The JSON of a GET below /control."""
        response = self.http.get(f"/control/{path}", params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, document: Any = None) -> Any:
        """The JSON of a POST below /control."""
        response = self.http.post(f"/control/{path}", json=document)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def fault(self, kind: str, **options: Any) -> None:
        """Switch some misbehaviour on: `count`, `match` and `value` as the control API takes them."""
        self.post("faults", {"kind": kind, **options})

    def clear_faults(self) -> None:
        """Switch all misbehaviour off."""
        assert self.http.delete("/control/faults").status_code == 204

    def sign_up(self, email: str, **options: Any) -> Any:
        """Run a sign-up; `flow`, `provider`, `claims`, `ui_locales`, `step` as the control API takes them."""
        return self.post("signup", {"email": email, **options})

    def users(self) -> list[dict[str, Any]]:
        """Everybody in the directory, deleted ones too, with the ids of their groups."""
        users: list[dict[str, Any]] = self.get("directory")["users"]
        return users

    def mails(self, to: str | None = None) -> list[dict[str, Any]]:
        """What was received, oldest first."""
        mails: list[dict[str, Any]] = self.get("inbox", **({"to": to} if to else {}))
        return mails

    def set_flows(self, *flows: dict[str, Any], product_url: str = "http://127.0.0.1:8000") -> None:
        """Tell it which user flows there are and where their connectors listen."""
        self.flows_file.write_text(json.dumps({"product_url": product_url, "flows": flows}))

    def reset(self) -> None:
        """An empty tenant without flows."""
        self.post("reset")
        self.flows_file.unlink(missing_ok=True)

    def application_token(self) -> str:
        """A Graph token of the registered application."""
        form = {
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "scope": f"{self.graph_url}/.default",
            "grant_type": "client_credentials",
        }
        response = self.https.post(f"/{self.tenant_id}/oauth2/v2.0/token", data=form)
        assert response.status_code == 200, response.text
        token: str = response.json()["access_token"]
        return token


def free_ports_in_a_row(count: int) -> int:
    """The first of `count` neighbouring ports that are free at this moment."""
    while True:
        # Below the range that the kernel itself hands out to clients.
        first = random.randrange(12000, 32000)  # noqa: S311
        with contextlib.ExitStack() as stack:
            try:
                for port in range(first, first + count):
                    stack.enter_context(socket.create_server(("127.0.0.1", port)))
            except OSError:
                continue
            return first


def start_simulator(state: Path, **environ: str) -> SimulatorProcess:
    """A simulator on free ports, to be stopped or used in a `with`.

    Another process may take a port meanwhile; then others are tried.
    """
    for _ in range(5):
        started = SimulatorProcess(state, free_ports_in_a_row(3), **environ)
        try:
            started.start()
        except RuntimeError as problem:
            if "cannot listen" not in str(problem):
                raise
            continue
        return started
    raise RuntimeError("no free ports for the simulator")


@pytest.fixture(scope="session")
def simulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """One process for all tests of a run."""
    running = start_simulator(tmp_path_factory.mktemp("simulator"))
    yield running
    code, errors = running.stop()
    assert (code, errors) == (0, ""), f"the simulator ended with {code}: {errors}"


@pytest.fixture
def simulator(simulator_process: SimulatorProcess) -> SimulatorProcess:
    """The process with an empty tenant."""
    simulator_process.reset()
    return simulator_process
