"""Start, stop, start again."""

from __future__ import annotations

import os
import signal
import smtplib
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.simulator.bodies import guest
from tests.simulator_process import ROOT, SimulatorProcess, start_simulator


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "simulator", *arguments],
        cwd=ROOT,
        check=False,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=20,
    )


def test_it_lists_its_variables_in_help() -> None:
    shown = run("--help").stdout

    assert all(name in shown for name in ("SIMULATOR_PORT", "SIMULATOR_FLOWS", "SIMULATOR_CLIENT_SECRET"))


@pytest.mark.parametrize("offset", [0, 1, 2])
def test_it_says_in_one_line_that_a_port_is_busy(offset: int, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run(SIMULATOR_PORT=str(port - offset), SIMULATOR_STATE=str(tmp_path / "state"))

    assert ended.returncode == 1
    assert ended.stdout == ""
    assert ended.stderr.startswith("simulator: cannot listen on 127.0.0.1:")
    assert ended.stderr.count("\n") == 1
    # Nothing is written by a process that could not start.
    assert not (tmp_path / "state").exists()


def test_it_says_in_one_line_that_a_setting_is_wrong(tmp_path: Path) -> None:
    ended = run(SIMULATOR_PORT="many", SIMULATOR_STATE=str(tmp_path))

    assert (ended.returncode, ended.stderr) == (1, "simulator: SIMULATOR_PORT must be a number\n")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_even_with_connections_open(how: signal.Signals, tmp_path: Path) -> None:
    with (
        start_simulator(tmp_path) as running,
        smtplib.SMTP(running.smtp_host, running.smtp_port, timeout=10),
    ):
        assert running.get("ready") == {"ready": True}
        assert running.application_token()
        running.process.send_signal(how)
        # Both clients still hold their connections for later.
        running.process.wait(timeout=10)

        assert running.stop() == (0, "")


def test_it_stops_cleanly_in_the_middle_of_a_call(tmp_path: Path) -> None:
    with start_simulator(tmp_path) as running, socket.create_connection(("127.0.0.1", running.port + 1)) as raw:
        trusted = ssl.create_default_context(cafile=str(running.ca_bundle))
        running.fault("hang", value=60)
        with trusted.wrap_socket(raw, server_hostname="localhost") as hanging:
            hanging.sendall(b"GET /v1.0/users HTTP/1.1\r\nHost: localhost\r\n\r\n")
            deadline = time.monotonic() + 10
            while not running.get("faults")[0]["struck"]:
                assert time.monotonic() < deadline
            running.process.terminate()
            running.process.wait(timeout=10)

        assert running.stop() == (0, "")


def test_it_goes_on_with_the_same_data_after_a_restart(tmp_path: Path) -> None:
    with start_simulator(tmp_path) as first:
        bundle = first.ca_bundle.read_bytes()
        bearer = {"Authorization": f"Bearer {first.application_token()}"}
        created = first.https.post("/v1.0/users", json=guest(), headers=bearer).json()
        with smtplib.SMTP(first.smtp_host, first.smtp_port, timeout=10) as smtp:
            smtp.sendmail("a@example.org", ["b@example.org"], "Subject: kept\r\n\r\nText\r\n")

    with start_simulator(tmp_path) as second:
        read = second.https.get(f"/v1.0/users/{created['id']}", headers=bearer)
        mails, calls = second.mails("b@example.org"), second.get("graph-calls")

    assert second.ca_bundle.read_bytes() == bundle
    # The token still holds: the signing key survived too.
    assert read.json()["mail"] == "ana@example.org"
    assert [mail["subject"] for mail in mails] == ["kept"]
    assert [call["method"] for call in calls] == ["POST", "GET"]


def test_it_keeps_its_private_keys_private(simulator: SimulatorProcess) -> None:
    for name in ("ca-key.pem", "client-key.pem", "server-key.pem", "signing-key.pem"):
        assert (simulator.state / name).stat().st_mode & 0o077 == 0, name


def test_its_certificate_is_for_localhost_and_the_loopback_address(simulator: SimulatorProcess) -> None:
    path = f"/{simulator.tenant_id}/discovery/v2.0/keys"

    assert simulator.https.get(path).status_code == 200
    assert simulator.https.get(f"https://127.0.0.1:{simulator.port + 1}{path}").status_code == 200


def test_it_is_not_trusted_without_its_authority(simulator: SimulatorProcess) -> None:
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(f"{simulator.login_url}/", trust_env=False)
