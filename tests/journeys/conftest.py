"""Installations to drive: on the embedded defaults, and on PostgreSQL with Redis."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.journeys.stack import Stack, fresh_database
from tests.simulator_process import SimulatorProcess, simulator, simulator_process

__all__ = ["simulator", "simulator_process"]

Furnish = Callable[[str], Stack]
DATABASE_FILE = "foyer.sqlite3"
ON_SERVERS = [pytest.mark.postgres, pytest.mark.redis]


def redis_of_this_process() -> str:
    """A Redis database that no parallel test process uses."""
    server = os.environ["FOYER_TEST_REDIS_URL"].rpartition("/")[0]
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return f"{server}/{1 + int(worker)}"


@pytest.fixture(scope="session")
def furnished(tmp_path_factory: pytest.TempPathFactory, simulator_process: SimulatorProcess) -> Iterator[Furnish]:
    """Gives an installation that is set up, `embedded` or on `servers`: made once, to be copied, never started."""
    made: dict[str, Stack] = {}
    with ExitStack() as cleaning:

        def furnish(kind: str) -> Stack:
            if kind not in made:
                environ = {}
                if kind == "servers":
                    server = os.environ["FOYER_TEST_DATABASE_URL"]
                    environ = {"DATABASE_URL": cleaning.enter_context(fresh_database(server))}
                made[kind] = Stack(tmp_path_factory.mktemp(kind), simulator_process, environ)
                made[kind].set_up()
            return made[kind]

        yield furnish


@pytest.fixture
def stack(
    request: pytest.FixtureRequest, tmp_path: Path, simulator: SimulatorProcess, furnished: Furnish
) -> Iterator[Stack]:
    """An installation with a flow and a reviewer, without processes: the test starts those that it wants.

    Parametrised indirectly with `embedded` or `servers`; the latter when it is not.
    """
    model = furnished(getattr(request, "param", "servers"))
    with ExitStack() as cleaning:
        environ = {"OUTBOX_LEASE_SECONDS": "5", "STATIC_ROOT": model.environ["STATIC_ROOT"]}
        if "DATABASE_URL" in model.environ:
            server, _, template = model.environ["DATABASE_URL"].rpartition("/")
            environ["DATABASE_URL"] = cleaning.enter_context(fresh_database(f"{server}/postgres", template))
            environ["REDIS_URL"] = redis_of_this_process()
        else:
            copy_sqlite(model.var / DATABASE_FILE, tmp_path / DATABASE_FILE)
        stack = Stack(tmp_path, simulator, environ)
        stack.keys = model.keys
        cleaning.callback(stack.stop)
        stack.tell_simulator()
        yield stack


def copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database that nobody writes to, with what may still lie in its write-ahead log."""
    with closing(sqlite3.connect(source)) as database, closing(sqlite3.connect(target)) as copy:
        database.backup(copy)
