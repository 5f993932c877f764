"""The commands as scripts see them: a process, its exit code, and what it writes where."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulator_process import SimulatorProcess, simulator, simulator_process

__all__ = ["simulator", "simulator_process"]

MANAGE = Path(__file__).resolve().parents[2] / "manage.py"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A system of its own, with a database that is set up."""
    folder = tmp_path_factory.mktemp("var")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "VAR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'foyer.sqlite3'}",
    }
    assert _manage(environment, "migrate", "-v0").returncode == 0
    return environment


def test_it_exits_0_and_prints_what_was_asked_for(environment: dict[str, str]) -> None:
    url = "https://app.contoso.example/"
    assert _manage(environment, "create_user_flow", "partners", "--name", "P", "--redirect-url", url).returncode == 0
    issued = _manage(environment, "issue_credential", "partners", "--json")
    assert (issued.returncode, issued.stderr) == (0, "")
    assert json.loads(issued.stdout).keys() >= {"username", "password"}
    listed = _manage(environment, "requests", "--json")
    assert (listed.returncode, json.loads(listed.stdout)) == (0, [])


@pytest.mark.parametrize(
    "argv",
    [
        ("decide", "K7Q-4MD9", "approve", "--by", "nobody"),
        ("decide", "K7Q-4MD9", "perhaps"),
        ("requests", "--status", "lost"),
        ("issue_credential",),
    ],
)
def test_it_exits_1_with_one_line_on_standard_error(environment: dict[str, str], argv: tuple[str, ...]) -> None:
    _refused(_manage(environment, *argv), argv[0])


def test_it_says_that_the_database_is_not_set_up(environment: dict[str, str], tmp_path: Path) -> None:
    empty = {**environment, "DATABASE_URL": f"sqlite:///{tmp_path / 'new.sqlite3'}"}
    assert "migrate" in _refused(_manage(empty, "requests"), "requests")


def test_it_says_that_the_database_cannot_be_reached(environment: dict[str, str]) -> None:
    away = {**environment, "DATABASE_URL": "postgres://foyer@127.0.0.1:1/foyer"}
    assert "database" in _refused(_manage(away, "requests"), "requests")


def test_it_ends_quietly_when_nobody_reads_on(environment: dict[str, str]) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, str(MANAGE), "requests", "--json"]
    with os.fdopen(write, "wb") as nobody:
        done = subprocess.run(command, env=environment, stdout=nobody, stderr=subprocess.PIPE, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_it_says_nothing_on_standard_error_when_it_was_done(environment: dict[str, str]) -> None:
    decided = _decide_on_a_new_request(environment)
    assert (decided.returncode, decided.stderr) == (0, "")
    assert decided.stdout.endswith(" approved\n")


def test_it_has_no_fault_to_find_with_its_own_broker(environment: dict[str, str]) -> None:
    assert "kombu" not in _decide_on_a_new_request(environment, "-v2").stderr


def test_it_logs_its_calls_only_when_asked_to(environment: dict[str, str], simulator: SimulatorProcess) -> None:
    tenant = {
        **environment,
        "ENTRA_LOGIN_URL": simulator.login_url,
        "GRAPH_URL": simulator.graph_url,
        "ENTRA_TENANT_ID": simulator.tenant_id,
        "ENTRA_TENANT_DOMAIN": simulator.tenant_domain,
        "ENTRA_CLIENT_ID": simulator.client_id,
        "ENTRA_CLIENT_SECRET": simulator.client_secret,
        "ENTRA_CA_BUNDLE": str(simulator.ca_bundle),
        "LOG_LEVEL": "INFO",
    }
    checked = _manage(tenant, "check_tenant")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "graph_call" in _manage(tenant, "check_tenant", "--verbosity", "2").stderr


def _decide_on_a_new_request(environment: dict[str, str], *argv: str) -> subprocess.CompletedProcess[str]:
    code = (
        "import uuid; from tests import factories as f; slug = uuid.uuid4().hex[:12]; flow = f.make_flow(slug);"
        "f.make_user(slug, flows=(flow,)); print(f.make_request(flow).reference, slug)"
    )
    reference, person = _manage(environment, "shell", "-v0", "-c", code).stdout.split()
    return _manage(environment, "decide", reference, "approve", "--by", person, *argv)


def _refused(done: subprocess.CompletedProcess[str], command: str) -> str:
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{command}: ")
    return line


def _manage(environment: dict[str, str], *argv: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(MANAGE), *argv]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)
