"""A pretend tenant that Foyer is configured for."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from accounts.graph import tokens
from tests.simulator_process import SimulatorProcess, simulator, simulator_process

__all__ = ["simulator", "simulator_process", "tenant"]


@pytest.fixture
def tenant(simulator: SimulatorProcess, settings: Settings, db: None) -> SimulatorProcess:
    """The empty tenant, with Foyer's settings for it, no pause and no token of before."""
    settings.ENTRA_LOGIN_URL = simulator.login_url
    settings.GRAPH_URL = simulator.graph_url
    settings.ENTRA_TENANT_ID = simulator.tenant_id
    settings.ENTRA_TENANT_DOMAIN = simulator.tenant_domain
    settings.ENTRA_CLIENT_ID = simulator.client_id
    settings.ENTRA_CLIENT_SECRET = simulator.client_secret
    settings.ENTRA_CLIENT_CERTIFICATE = ""
    settings.ENTRA_CA_BUNDLE = str(simulator.ca_bundle)
    settings.GRAPH_TIMEOUT_SECONDS = 5.0
    # The quota is kept in the test's own database, where no parallel test can pause this one.
    settings.REDIS_URL = ""
    tokens.drop()
    return simulator
