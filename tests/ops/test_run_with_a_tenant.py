"""`make run` with a tenant of one's own, for which the simulator stands in as a process that the run knows nothing of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ops.running import Run
from tests.simulator_process import SimulatorProcess, free_ports_in_a_row, simulator_process

__all__ = ["simulator_process"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, simulator_process: SimulatorProcess) -> Iterator[Run]:
    """A run on that tenant."""
    folder: Path = tmp_path_factory.mktemp("tenant") / "var"
    run = Run(
        folder,
        free_ports_in_a_row(4),
        ENTRA_TENANT_ID=simulator_process.tenant_id,
        ENTRA_TENANT_DOMAIN=simulator_process.tenant_domain,
        ENTRA_CLIENT_ID=simulator_process.client_id,
        ENTRA_CLIENT_SECRET=simulator_process.client_secret,
        ENTRA_LOGIN_URL=simulator_process.login_url,
        GRAPH_URL=simulator_process.graph_url,
        ENTRA_CA_BUNDLE=str(simulator_process.ca_bundle),
    )
    run.start()
    yield run
    if run.is_running:
        run.end()


def test_it_starts_no_simulator_and_shows_no_banner(run: Run) -> None:
    assert run.demo["simulator"] is None
    assert not [command for command in run.processes().values() if "simulator" in command]
    assert "emonstration" not in run.get("/accounts/sign-in/").text


def test_it_begins_with_an_administrator_and_a_flow(run: Run) -> None:
    demo = run.demo

    assert [person["role"] for person in demo["people"]] == ["administrator"]
    assert len(demo["people"][0]["password"]) >= 16
    assert run.manage("requests").strip() in ("", "No requests.")
    assert demo["connector"]["check_status_url"] == f"{run.web}/api/connectors/{demo['flow']}/check-status"
    assert demo["connector"]["password"] in run.words
    assert "check_tenant" in run.words


def test_it_reaches_the_tenant(run: Run) -> None:
    assert run.manage("check_tenant")


def test_it_goes_on_with_the_same_account_and_credential(run: Run) -> None:
    before = run.demo
    assert run.end() == 0

    run.start()

    assert run.demo == before


def test_it_never_replaces_a_credential_that_entra_may_be_using(run: Run) -> None:
    assert run.end() == 0
    (run.var / "demo.json").unlink()

    run.start()

    assert run.demo["connector"]["password"] == ""
    assert run.demo["people"] == []
    live = "from connector.models import ConnectorCredential as C; print(C.objects.live().count())"
    assert run.manage("shell", "--no-imports", "-c", live).strip() == "1"
    assert f"issue_credential {run.demo['flow']}" in run.words
