"""A pytest plugin: tests that need a server say so by a marker, and what was skipped is told at the end.

`postgres`, `redis` and `browser` skip their test where the server is not configured. With FOYER_REQUIRE_SERVERS=1
nothing may be skipped, for whatever reason: the run fails.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from _pytest.terminal import TerminalReporter

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


def chromium() -> str | None:
    """The browser's program: FOYER_TEST_CHROMIUM, else one that is installed."""
    return os.environ.get("FOYER_TEST_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


def postgres() -> str | None:
    """The address of the PostgreSQL server that the tests may use."""
    url = os.environ.get("FOYER_TEST_DATABASE_URL", "")
    return url if url.startswith("postgres") else None


def redis() -> str | None:
    """The address of the Redis server that the tests may use."""
    return os.environ.get("FOYER_TEST_REDIS_URL") or None


@dataclass(frozen=True)
class Server:
    """Something that a test may need and a machine may lack."""

    title: str
    variable: str
    find: Callable[[], str | None]

    @property
    def reason(self) -> str:
        """Why a test was skipped."""
        return f"needs {self.title}: set {self.variable}"


SERVERS = {
    "postgres": Server("PostgreSQL", "FOYER_TEST_DATABASE_URL", postgres),
    "redis": Server("Redis", "FOYER_TEST_REDIS_URL", redis),
    "browser": Server("Chromium", "FOYER_TEST_CHROMIUM", chromium),
}


def servers_required() -> bool:
    """Whether a skipped test is a failure."""
    return os.environ.get("FOYER_REQUIRE_SERVERS") == "1"


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    for name, server in SERVERS.items():
        config.addinivalue_line("markers", f"{name}: needs {server.title} ({server.variable})")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, or fail, a test whose server is not there; before any fixture of it starts."""
    for name, server in SERVERS.items():
        if item.get_closest_marker(name) and server.find() is None:
            if servers_required():
                pytest.fail(server.reason, pytrace=False)
            pytest.skip(server.reason)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """With FOYER_REQUIRE_SERVERS=1, a run that skipped anything has failed."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if servers_required() and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Say what was skipped for want of a server."""
    skipped = terminalreporter.stats.get("skipped", [])
    counts = Counter(_missing_server(report) for report in skipped)
    told = [
        f"{server.title} ({_number(counts[server])}, {server.variable})"
        for server in SERVERS.values()
        if counts[server]
    ]
    if told:
        terminalreporter.write_line(f"skipped for want of a server: {', '.join(told)}", yellow=True)
    if skipped and servers_required():
        terminalreporter.write_line("FOYER_REQUIRE_SERVERS=1 allows no skipped test", red=True)


def _number(tests: int) -> str:
    return "1 test" if tests == 1 else f"{tests} tests"


def _missing_server(report: pytest.TestReport) -> Server | None:
    text = str(report.longrepr)
    return next((server for server in SERVERS.values() if server.reason in text), None)
