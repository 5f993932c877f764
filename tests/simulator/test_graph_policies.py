"""The tenant's policy on invitations."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.simulator_process import SimulatorProcess, start_simulator

PATH = "/policies/authorizationPolicy"


def test_it_lets_everyone_invite(graph: httpx.Client) -> None:
    policy = graph.get(PATH).json()

    assert (policy["id"], policy["allowInvitesFrom"]) == ("authorizationPolicy", "everyone")
    assert policy["@odata.context"].endswith("#policies/authorizationPolicy/$entity")


def test_it_shows_what_was_selected(graph: httpx.Client) -> None:
    policy = graph.get(PATH, params={"$select": "allowInvitesFrom"}).json()

    assert set(policy) == {"@odata.context", "allowInvitesFrom"}


@pytest.mark.parametrize(("match", "told"), [(None, "none"), ("@fabrikam.example", "everyone")])
def test_it_forbids_what_the_tenant_refuses_to_everybody(
    graph: httpx.Client, simulator: SimulatorProcess, match: str | None, told: str
) -> None:
    simulator.fault("invitations_forbidden", match=match)

    assert graph.get(PATH).json()["allowInvitesFrom"] == told


def test_it_needs_a_permission_of_its_own(tmp_path: Path) -> None:
    with start_simulator(tmp_path, SIMULATOR_PERMISSIONS="User.ReadWrite.All Directory.Read.All") as running:
        headers = {"Authorization": f"Bearer {running.application_token()}"}
        answer = running.https.get(f"/v1.0{PATH}", headers=headers)

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "Authorization_RequestDenied")
