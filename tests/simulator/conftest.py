"""The running tenant, a Graph client with a token, and a connector that answers as told."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx
import pytest

from tests.simulator.connector_server import ConnectorServer
from tests.simulator_process import SimulatorProcess, simulator, simulator_process

__all__ = ["connector", "graph", "simulator", "simulator_process"]


@pytest.fixture
def graph(simulator: SimulatorProcess) -> Iterator[httpx.Client]:
    """A client of Graph with the application's token."""
    trusted = ssl.create_default_context(cafile=str(simulator.ca_bundle))
    headers = {"Authorization": f"Bearer {simulator.application_token()}"}
    with httpx.Client(
        base_url=f"{simulator.graph_url}/v1.0", verify=trusted, headers=headers, trust_env=False, timeout=10
    ) as client:
        yield client


@pytest.fixture
def connector(simulator: SimulatorProcess) -> Iterator[ConnectorServer]:
    """A connector that the tenant's one user flow calls."""
    server = ConnectorServer()
    simulator.set_flows(server.flow())
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()
