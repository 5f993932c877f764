"""Services that listen on this machine, and the settings that lead to them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from approvals.models import UserFlow
from connector.models import VerificationService
from connector.verification.circuit import circuit
from connector.verification.setting_up import configure
from tests.simulator_process import SimulatorProcess, simulator, simulator_process
from tests.verification.service import Service, serving

__all__ = ["simulator", "simulator_process"]


@pytest.fixture(autouse=True)
def nothing_is_left_alone() -> Iterator[None]:
    """What other tests did to services is forgotten."""
    circuit.forget()
    yield
    circuit.forget()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """One that asks for no certificate."""
    with serving(tmp_path) as listening:
        yield listening


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Service]:
    """One that lets nobody in without a certificate of its own authority."""
    with serving(tmp_path, wants_certificate=True) as listening:
        yield listening


@pytest.fixture
def idology(service: Service) -> dict[str, str]:
    """Settings of ExpectID."""
    return {"url": service.url, "username": "foyer", "password": "pass/word&", "ca_certificates": service.authorities}


@pytest.fixture
def experian(guarded: Service) -> dict[str, str]:
    """Settings of CrossCore."""
    return {
        "url": guarded.url,
        "tenant_id": "contoso",
        "request_type": "PreciseIdOnly",
        "workflow": "wf1",
        "org_code": "CONTOSO",
        "model_code": "MODEL1",
        "signature_key": "test-key",
        "client_certificate": guarded.client_certificate,
        "client_key": guarded.client_key,
        "extension_app_id": "831374b3bd5041bfaa54263ec9e050fc",
        "ca_certificates": guarded.authorities,
    }


@pytest.fixture
def verified(flow: UserFlow, idology: dict[str, str]) -> VerificationService:
    """The flow verifies its applicants with ExpectID at `service`."""
    return configure(flow, "idology", idology, actor=None)


@pytest.fixture
def stand_ins(simulator: SimulatorProcess) -> dict[str, dict[str, str]]:
    """Settings that lead to the simulator's stand-ins, by kind of service."""
    pem = {name: (simulator.state / f"{name}.pem").read_text() for name in ("ca", "client", "client-key")}
    return {
        "idology": {
            "url": f"{simulator.graph_url}/idology/api/idiq.svc",
            "username": "contoso",
            "password": "demo~password~of~idology",
            "ca_certificates": pem["ca"],
        },
        "experian": {
            "url": f"{simulator.graph_url}/crosscore/services/v0/applications/3",
            "tenant_id": "contoso",
            "request_type": "PreciseIdOnly",
            "workflow": "wf1",
            "org_code": "CONTOSO",
            "model_code": "MODEL1",
            "signature_key": "demo~signature~key~of~crosscore",
            "client_certificate": pem["client"],
            "client_key": pem["client-key"],
            "extension_app_id": simulator.extensions_app_id,
            "ca_certificates": pem["ca"],
        },
    }
