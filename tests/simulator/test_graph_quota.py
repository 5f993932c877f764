"""Graph's quota of writes, enforced as Graph does."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from itertools import takewhile

import httpx
import pytest

from tests.simulator.bodies import guest
from tests.simulator_process import SimulatorProcess, start_simulator

WRITES = 40


@pytest.fixture(scope="module")
def strict_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """A tenant that allows little, and in which it takes long until it allows more."""
    environ = {"SIMULATOR_WRITES_PER_WINDOW": str(WRITES), "SIMULATOR_WINDOW_SECONDS": "4000"}
    with start_simulator(tmp_path_factory.mktemp("strict"), **environ) as running:
        yield running


@pytest.fixture
def strict(strict_process: SimulatorProcess) -> SimulatorProcess:
    """That tenant, empty."""
    strict_process.reset()
    return strict_process


@pytest.fixture
def graph(strict: SimulatorProcess) -> Iterator[httpx.Client]:
    """A client of its Graph."""
    trusted = ssl.create_default_context(cafile=str(strict.ca_bundle))
    headers = {"Authorization": f"Bearer {strict.application_token()}"}
    url = f"{strict.graph_url}/v1.0"
    with httpx.Client(base_url=url, verify=trusted, headers=headers, trust_env=False, timeout=10) as client:
        yield client


def write(graph: httpx.Client) -> httpx.Response:
    """A write, whatever becomes of it."""
    return graph.patch("/users/00000000-0000-4000-8000-000000000000", json={"city": "Redmond"})


def test_it_refuses_one_write_too_many_and_says_why(strict: SimulatorProcess, graph: httpx.Client) -> None:
    allowed = [write(graph).status_code for _ in range(WRITES)]
    refusal = write(graph)

    assert 429 not in allowed
    assert refusal.status_code == 429
    assert refusal.json()["error"]["code"] == "TooManyRequests"
    assert 0 < float(refusal.headers["retry-after"]) <= 100
    scope = f"Tenant_Application/Write/{strict.client_id}/{strict.tenant_id}"
    assert refusal.headers["x-ms-throttle-scope"] == scope
    assert refusal.headers["x-ms-throttle-information"] == "WriteLimitExceeded"
    assert 1 <= float(refusal.headers["x-ms-throttle-limit-percentage"]) <= 1.05
    assert strict.get("quota")["accepted"] == WRITES
    assert strict.get("quota")["refused"] == 1


def test_it_speaks_of_the_limit_when_most_of_it_is_used(graph: httpx.Client) -> None:
    told = [write(graph).headers.get("x-ms-throttle-limit-percentage") for _ in range(WRITES)]

    silent = list(takewhile(lambda share: share is None, told))
    assert len(silent) in (32, 33)
    shares = [float(share) for share in told[len(silent) :] if share]
    assert len(shares) == WRITES - len(silent)
    assert shares == sorted(shares)
    assert 0.8 < shares[0] < 0.85


def test_it_counts_what_it_refuses(strict: SimulatorProcess, graph: httpx.Client) -> None:
    strict.post("quota", {"used": 1})
    waits = [float(write(graph).headers["retry-after"]) for _ in range(3)]

    assert waits == sorted(waits)
    assert waits[2] > 2 * waits[0]


def test_it_lets_reads_through(strict: SimulatorProcess, graph: httpx.Client) -> None:
    strict.post("quota", {"used": 1.8})
    answer = graph.get("/users")

    assert answer.status_code == 200
    assert "x-ms-throttle-limit-percentage" not in answer.headers


def test_it_does_nothing_that_it_refuses(strict: SimulatorProcess, graph: httpx.Client) -> None:
    strict.post("quota", {"used": 1})

    assert graph.post("/users", json=guest()).status_code == 429
    assert strict.users() == []


def test_it_counts_each_part_of_a_batch(strict: SimulatorProcess, graph: httpx.Client) -> None:
    strict.post("quota", {"used": 39 / WRITES - 0.01})
    headers = {"Content-Type": "application/json"}
    part = {"method": "PATCH", "url": "/users/nobody", "headers": headers, "body": {"city": "Redmond"}}
    parts = graph.post("/$batch", json={"requests": [{"id": "1", **part}, {"id": "2", **part}]}).json()["responses"]

    assert {each["id"]: each["status"] for each in parts} == {"1": 404, "2": 429}


def test_a_reset_is_a_fresh_quota(strict: SimulatorProcess, graph: httpx.Client) -> None:
    strict.post("quota", {"used": 1})
    strict.reset()

    assert write(graph).status_code == 404


@pytest.mark.parametrize("used", [-0.1, 1.9, "much", None, True])
def test_it_refuses_a_share_that_is_none(strict: SimulatorProcess, used: object) -> None:
    assert strict.http.post("/control/quota", json={"used": used}).status_code == 400


def test_it_takes_its_time_when_asked_to(tmp_path_factory: pytest.TempPathFactory) -> None:
    with start_simulator(tmp_path_factory.mktemp("slow"), SIMULATOR_LATENCY="0.05") as slow:
        bearer = {"Authorization": f"Bearer {slow.application_token()}"}
        slow.https.get("/v1.0/users", headers=bearer)
        slow.https.post("/v1.0/users", json=guest(), headers=bearer)
        read, write = (call["seconds"] for call in slow.get("graph-calls"))

    assert read >= 0.025
    assert write >= 0.075
