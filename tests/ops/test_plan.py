"""What a run decides before it touches anything."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from dotenv import dotenv_values

from config.run.plan import make_plan
from config.run.records import read_json, write_private, write_settings
from config.run.refusal import Refusal

VAR = Path("/srv/foyer/var")
TENANT = {"ENTRA_TENANT_ID": "t", "ENTRA_CLIENT_ID": "c", "ENTRA_CLIENT_SECRET": "s"}


def test_it_plans_a_demonstration_when_no_tenant_is_named() -> None:
    plan = make_plan({}, VAR)

    assert plan.ports == [8000, 8400, 8401, 8402]
    assert plan.base_url == "http://127.0.0.1:8000"
    assert plan.environ["DEMO"] == "1"
    assert plan.environ["GRAPH_URL"] == plan.environ["ENTRA_LOGIN_URL"] == "https://localhost:8401"
    assert plan.environ["EMAIL_URL"] == "smtp://127.0.0.1:8402"
    assert plan.environ["ENTRA_CLIENT_SECRET"] == plan.environ["SIMULATOR_CLIENT_SECRET"]
    assert plan.environ["SECRET_KEY_FILE"] == "/srv/foyer/var/secret_key"


def test_it_plans_for_a_real_tenant_without_a_demonstration() -> None:
    plan = make_plan({**TENANT, "EMAIL_URL": "smtp://mail", "BASE_URL": "https://foyer.example.org"}, VAR)

    assert plan.simulator_port is None
    assert plan.ports == [8000]
    assert plan.environ["DEMO"] == "0"
    assert not {"SIMULATOR_URL", "GRAPH_URL", "DECISION_HOLD_SECONDS"} & plan.environ.keys()
    assert plan.environ["ALLOWED_HOSTS"] == "foyer.example.org,localhost,127.0.0.1,[::1]"
    assert {name: plan.environ[name] for name in TENANT} == TENANT
    assert plan.environ["EMAIL_URL"] == "smtp://mail"


def test_it_moves_to_other_ports() -> None:
    assert make_plan({"PORT": "9000", "SIMULATOR_PORT": "9100"}, VAR).ports == [9000, 9100, 9101, 9102]


def test_it_keeps_what_the_environment_says() -> None:
    given = {
        "SECRET_KEY": "mine",
        "DATABASE_URL": "postgres://db/foyer",
        "DECISION_HOLD_SECONDS": "0",
        "WEB_WORKERS": "3",
    }

    plan = make_plan(given, VAR)

    assert {name: plan.environ[name] for name in given} == given
    assert "SECRET_KEY_FILE" not in plan.environ


@pytest.mark.parametrize(
    ("environ", "word"),
    [
        pytest.param({"PORT": "http"}, "PORT", id="no number"),
        pytest.param({"PORT": "70000"}, "PORT", id="no port"),
        pytest.param({"PORT": "٨٠٠٠"}, "PORT", id="digits of another script"),
        pytest.param({"SIMULATOR_PORT": "-1"}, "SIMULATOR_PORT", id="negative"),
        pytest.param({"PORT": "8401"}, "8401", id="one of the simulator's"),
        pytest.param({"ENTRA_TENANT_ID": "t"}, "ENTRA_CLIENT_ID", id="half a tenant"),
        pytest.param({"ENTRA_TENANT_ID": "t", "ENTRA_CLIENT_ID": "c"}, "ENTRA_CLIENT_SECRET", id="no secret"),
        pytest.param({"ENTRA_CLIENT_SECRET_FILE": "/s"}, "ENTRA_TENANT_ID", id="a secret and no tenant"),
    ],
)
def test_it_refuses_what_cannot_be(environ: dict[str, str], word: str) -> None:
    with pytest.raises(Refusal, match=word) as refused:
        make_plan(environ, VAR)

    assert "\n" not in str(refused.value)


def test_it_takes_a_certificate_instead_of_a_secret() -> None:
    environ = {"ENTRA_TENANT_ID": "t", "ENTRA_CLIENT_ID": "c", "ENTRA_CLIENT_CERTIFICATE_FILE": "/etc/foyer.pem"}

    assert make_plan(environ, VAR).simulator_port is None


def test_it_hands_settings_on_as_they_are(tmp_path: Path) -> None:
    odd = """it's #1 "quoted" \\ and = signs, ünïcode $HOME"""
    plan = make_plan({"ENTRA_CLIENT_SECRET_FILE": "/run/secret", **TENANT, "DEFAULT_FROM_EMAIL": odd}, tmp_path)

    write_settings(plan)

    read = dotenv_values(tmp_path / "env")
    assert read["DEFAULT_FROM_EMAIL"] == odd
    assert read["ENTRA_CLIENT_SECRET_FILE"] == "/run/secret"
    assert "PATH" not in read


def test_it_writes_for_the_owner_alone_and_all_at_once(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    before = os.umask(0)
    try:
        write_private(file, "one")
        write_private(file, "two")
    finally:
        os.umask(before)

    assert file.read_text() == "two"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secret"]


@pytest.mark.parametrize("text", [None, "", "{", "[]", "null"])
def test_it_remembers_nothing_from_a_file_that_cannot_be_read(text: str | None, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "demo.json").write_text(text)

    assert read_json(tmp_path / "demo.json") == {}
