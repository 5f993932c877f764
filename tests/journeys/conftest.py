"""Installations to drive: on the embedded defaults, and on PostgreSQL with Redis."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.journeys.stack import Stack, fresh_database
from tests.simulator_process import SimulatorProcess, simulator, simulator_process

__all__ = ["simulator", "simulator_process"]

ON_SERVERS = [pytest.mark.postgres, pytest.mark.redis]


def redis_of_this_process() -> str:
    """A Redis database that no parallel test process uses."""
    server = os.environ["FOYER_TEST_REDIS_URL"].rpartition("/")[0]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return f"{server}/{1 + int(worker)}"


@pytest.fixture
def stack(request: pytest.FixtureRequest, tmp_path: Path, simulator: SimulatorProcess) -> Iterator[Stack]:
    """An installation with a flow, without processes: the test starts those that it wants.

    Parametrised indirectly with `embedded` or `servers`; the latter when it is not.
    """
    with ExitStack() as cleaning:
        environ: dict[str, str] = {"OUTBOX_LEASE_SECONDS": "8"}
        if getattr(request, "param", "servers") == "servers":
            environ["DATABASE_URL"] = cleaning.enter_context(fresh_database(os.environ["FOYER_TEST_DATABASE_URL"]))
            environ["REDIS_URL"] = redis_of_this_process()
        stack = Stack(tmp_path, simulator, environ)
        cleaning.callback(stack.stop)
        stack.set_up()
        yield stack
