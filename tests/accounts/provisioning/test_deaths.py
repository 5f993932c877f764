"""SIGKILL at any point, and several workers at once: one guest, one mail."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.accounts.provisioning.deaths import GROUP
from tests.simulator_process import ROOT, SimulatorProcess


def environment(tenant: SimulatorProcess, folder: Path) -> dict[str, str]:
    """Foyer's environment for the tenant, on a database of its own."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("FOYER_")},
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "VAR": str(folder),
        "LOG_LEVEL": "CRITICAL",
        "ENTRA_LOGIN_URL": tenant.login_url,
        "GRAPH_URL": tenant.graph_url,
        "ENTRA_TENANT_ID": tenant.tenant_id,
        "ENTRA_TENANT_DOMAIN": tenant.tenant_domain,
        "ENTRA_CLIENT_ID": tenant.client_id,
        "ENTRA_CLIENT_SECRET": tenant.client_secret,
        "ENTRA_CA_BUNDLE": str(tenant.ca_bundle),
    }


@dataclass(frozen=True)
class Deaths:
    """What all deaths led to: as the database tells it for each way to make a guest, and as the tenant does."""

    told: dict[str, dict[str, list[dict[str, Any]]]]
    users: list[dict[str, Any]]
    mails: list[dict[str, Any]]


@pytest.fixture(scope="module")
def deaths(simulator_process: SimulatorProcess, tmp_path_factory: pytest.TempPathFactory) -> Deaths:
    """Run them all, once."""
    simulator_process.reset()
    ended = subprocess.run(
        [sys.executable, "-m", "tests.accounts.provisioning.deaths"],
        cwd=ROOT,
        env=environment(simulator_process, tmp_path_factory.mktemp("deaths")),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return Deaths(json.loads(ended.stdout), simulator_process.users(), simulator_process.mails())


EVERY_MODE = pytest.mark.parametrize(
    ("mode", "made", "our_mails", "their_mails"),
    [("created", "created", 1, 0), ("invited", "invited", 1, 0), ("invited-by-entra", "invited", 0, 1)],
)


@EVERY_MODE
def test_it_makes_one_guest_and_one_mail_wherever_the_worker_is_killed(
    deaths: Deaths, mode: str, made: str, our_mails: int, their_mails: int
) -> None:
    results = deaths.told[mode]["deaths"]

    # Every run but the last was killed; there were as many places to die as a run has steps.
    assert [each["killed"] for each in results] == [True] * (len(results) - 1) + [False]
    assert len(results) > 12
    for each in results:
        check(deaths, each, made, our_mails, their_mails)


@EVERY_MODE
def test_it_makes_one_guest_and_one_mail_when_several_workers_do_the_same_at_once(
    deaths: Deaths, mode: str, made: str, our_mails: int, their_mails: int
) -> None:
    results = deaths.told[mode]["races"]

    assert not any(each["killed"] for each in results)
    for each in results:
        check(deaths, each, made, our_mails, their_mails)


def check(deaths: Deaths, each: dict[str, Any], made: str, our_mails: int, their_mails: int) -> None:
    """One request: one guest with everything, one mail by whom the flow says, one end in the audit trail."""
    [user] = [user for user in deaths.users if user["mail"] == each["email"]]
    assert (each["state"], each["code"], each["guest_id"]) == ("done", "", user["id"]), each
    assert (each["made"], each["our_mails"], each["ends"]) == (made, our_mails, 1), each
    assert len([mail for mail in deaths.mails if each["email"] in mail["to"]]) == their_mails, each
    assert (user["jobTitle"], user["groups"]) == ("Buyer", [GROUP]), each


def test_it_makes_nobody_else(deaths: Deaths) -> None:
    assert len(deaths.users) == sum(len(each["deaths"]) + len(each["races"]) for each in deaths.told.values())
