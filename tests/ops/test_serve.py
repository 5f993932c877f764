"""The production processes, from the environment alone."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from config import probe, serve
from tests.ops.running import ROOT, clean_environ, wait_until
from tests.simulator_process import free_ports_in_a_row

SAY_FOLDER = "from django.conf import settings; print(settings.EMAIL_FILE_PATH)"
KEY = "a-key-for-the-tests-of-the-processes-0123456789"


def test_it_does_not_start_without_a_key(tmp_path: Path) -> None:
    # What a local run left there is not for production.
    (tmp_path / "env").write_text(f"SECRET_KEY={KEY}\n")

    for process in ("web", "worker", "beat"):
        ended = run("config.serve", process, VAR=str(tmp_path))
        assert (ended.returncode, ended.stderr) == (1, "foyer: SECRET_KEY or SECRET_KEY_FILE is not set\n")


def test_it_says_which_setting_is_wrong(tmp_path: Path) -> None:
    ended = run("config.serve", "web", VAR=str(tmp_path), SECRET_KEY=KEY, WEB_WORKERS="many")

    assert ended.returncode == 1
    assert "WEB_WORKERS" in ended.stderr
    assert ended.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("process", "name", "value"),
    [
        ("web", "PORT", "70000"),
        ("web", "WEB_WORKERS", "0"),
        ("web", "WEB_THREADS", "-1"),
        ("web", "BASE_URL", "foyer.example.org"),
        ("web", "LOG_LEVEL", "LOUD"),
        ("worker", "REDIS_URL", "http://127.0.0.1"),
        ("worker", "WORKER_CONCURRENCY", "0"),
    ],
)
def test_it_does_not_start_with_a_value_that_cannot_be_meant(
    process: str, name: str, value: str, tmp_path: Path
) -> None:
    ended = run("config.serve", process, VAR=str(tmp_path), SECRET_KEY=KEY, **{name: value})

    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert name in ended.stderr


def test_mail_for_a_folder_goes_there(tmp_path: Path) -> None:
    told = run(
        "manage", "shell", "-v0", "-c", SAY_FOLDER, VAR=str(tmp_path), SECRET_KEY=KEY, EMAIL_URL="file:///var/mails"
    )

    assert told.stdout.strip() == "/var/mails"


def test_it_says_that_the_port_is_taken(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ended = run("config.serve", "web", VAR=str(tmp_path), SECRET_KEY=KEY, PORT=str(port))

    why = f"cannot listen on 127.0.0.1 port {port}: Address already in use; WEB_HOST and PORT choose another"
    assert (ended.returncode, ended.stderr) == (1, f"foyer: {why}\n")


def test_it_leaves_the_clock_to_beat_when_told() -> None:
    assert "--beat" in serve.worker()
    assert "--beat" not in serve.worker(with_beat=False)
    assert "beat" in serve.beat()


def test_it_serves_and_is_probed(tmp_path: Path) -> None:
    port = free_ports_in_a_row(1)
    environ = {"SECRET_KEY": KEY, "VAR": str(tmp_path), "PORT": str(port), "ALLOWED_HOSTS": "foyer.example.org"}
    assert run("config.prepare", **environ).returncode == 0

    with web(**environ):
        assert run("config.probe", PORT=str(port), ALLOWED_HOSTS="foyer.example.org").returncode == 0
        assert run("config.probe", PORT=str(port), ALLOWED_HOSTS="another.example.org").returncode == 1
        page = httpx.get(f"http://127.0.0.1:{port}/", headers={"Host": "foyer.example.org"}, trust_env=False)
        assert page.status_code == 302
        assert "foyer" not in page.cookies


def test_it_is_not_alive_when_nobody_answers() -> None:
    assert run("config.probe", PORT=str(free_ports_in_a_row(1))).returncode == 1


@pytest.mark.parametrize(
    ("hosts", "name"), [("a.example,b.example", "a.example"), ("*", "localhost"), (".c.example", "c.example")]
)
def test_it_asks_under_a_name_that_is_allowed(hosts: str, name: str) -> None:
    assert probe.allowed_host(hosts) == name


def test_it_stays_alive_and_says_what_is_away_without_a_database(tmp_path: Path) -> None:
    port = free_ports_in_a_row(1)
    nowhere = f"postgres://foyer@127.0.0.1:{free_ports_in_a_row(1)}/foyer"
    environ = {"SECRET_KEY": KEY, "VAR": str(tmp_path), "PORT": str(port), "DATABASE_URL": nowhere}
    (tmp_path / "broker").mkdir()

    with web(**environ):
        ready = httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False)
        assert ready.status_code == 503
        assert ready.json() == {
            "status": "unavailable",
            "broker": "ok",
            "database": "unreachable",
            "worker": "unreachable",
        }
        assert probe.status("/healthz", port) == 200


def test_it_prepares_once_and_again(tmp_path: Path) -> None:
    environ = {"SECRET_KEY": KEY, "VAR": str(tmp_path)}
    assert run("config.prepare", **environ).returncode == 0
    collected = (tmp_path / "static" / "staticfiles.json").stat().st_mtime_ns

    assert run("config.prepare", **environ).returncode == 0

    assert (tmp_path / "static" / "staticfiles.json").stat().st_mtime_ns == collected


def test_it_prepares_from_several_processes_at_once(tmp_path: Path) -> None:
    environ = clean_environ(SECRET_KEY=KEY, VAR=str(tmp_path))
    command = [sys.executable, "-m", "config.prepare"]

    started = [subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE) for _ in range(3)]

    assert [(process.communicate()[1], process.returncode) for process in started] == [(b"", 0)] * 3


def test_it_says_in_one_line_that_it_cannot_prepare(tmp_path: Path) -> None:
    nowhere = f"postgres://foyer@127.0.0.1:{free_ports_in_a_row(1)}/foyer"

    ended = run("config.prepare", SECRET_KEY=KEY, VAR=str(tmp_path), DATABASE_URL=nowhere)

    assert ended.returncode == 1
    assert ended.stderr.startswith("foyer: the database cannot be used: ")
    assert ended.stderr.count("\n") == 1


def run(module: str, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """A module's run from beginning to end."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(
        command, cwd=ROOT, env=clean_environ(**environ), capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def web(**environ: str) -> Iterator[None]:
    """The production web server, while it is needed."""
    command = [sys.executable, "-m", "config.serve", "web"]
    process = subprocess.Popen(command, cwd=ROOT, env=clean_environ(WEB_WORKERS="1", **environ))
    host = probe.allowed_host(environ.get("ALLOWED_HOSTS"))
    try:
        wait_until(lambda: probe.status("/healthz", int(environ["PORT"]), host=host) == 200)
        yield
    finally:
        process.terminate()
        assert process.wait(30) == 0


LOOK_AROUND = """
import sys, django
django.setup()
from django.urls import reverse
names = [("review:queue", []), ("review:request", ["K7Q-4MD9"]), ("accounts:preferences", [])]
print([reverse(name, args=args) for name, args in names], "accounts.admin" in sys.modules)
"""


@pytest.mark.parametrize(("marks", "has_administration"), [({}, "True"), ({"FOYER_ANSWERS_NOBODY": "1"}, "False")])
def test_a_worker_knows_where_mails_lead_to_and_holds_no_pages(
    marks: dict[str, str], has_administration: str, tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", LOOK_AROUND],
        cwd=ROOT,
        env=clean_environ(
            DJANGO_SETTINGS_MODULE="config.settings",
            SECRET_KEY=KEY,
            VAR=str(tmp_path),
            **marks,
        ),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    pages = ["/requests/", "/requests/K7Q-4MD9/", "/accounts/preferences"]
    assert ended.stdout.strip() == f"{pages} {has_administration}"
