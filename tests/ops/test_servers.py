"""The plugin that skips for want of a server, in test runs of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SUITE = """
import pytest

@pytest.mark.postgres
def test_one(): pass

@pytest.mark.postgres
def test_two(): pass

@pytest.mark.redis
def test_three(): pass

def test_four(): pass
"""


def test_it_skips_and_says_what_was_missing(tmp_path: Path) -> None:
    code, said = run(tmp_path)

    assert code == 0, said
    assert "1 passed, 3 skipped" in said
    assert (
        "skipped for want of a server: PostgreSQL (2 tests, FOYER_TEST_DATABASE_URL), "
        "Redis (1 test, FOYER_TEST_REDIS_URL)" in said
    )


def test_it_runs_what_has_its_server(tmp_path: Path) -> None:
    code, said = run(tmp_path, FOYER_TEST_DATABASE_URL="postgres://somewhere/foyer")

    assert code == 0, said
    assert "3 passed, 1 skipped" in said
    assert "PostgreSQL" not in said


def test_it_takes_no_other_database_for_postgresql(tmp_path: Path) -> None:
    _, said = run(tmp_path, FOYER_TEST_DATABASE_URL="sqlite:///foyer.sqlite3")

    assert "PostgreSQL (2 tests" in said


def test_it_fails_instead_where_servers_are_required(tmp_path: Path) -> None:
    code, said = run(tmp_path, FOYER_REQUIRE_SERVERS="1", FOYER_TEST_REDIS_URL="redis://somewhere")

    assert code == 1
    assert "2 passed, 2 errors" in said
    assert "needs PostgreSQL: set FOYER_TEST_DATABASE_URL" in said


def test_it_fails_a_run_that_skips_for_another_reason_where_servers_are_required(tmp_path: Path) -> None:
    suite = "import pytest\n\ndef test_one(): pytest.skip('no reason')\n"

    code, said = run(tmp_path, suite, FOYER_REQUIRE_SERVERS="1")

    assert code == 1
    assert "FOYER_REQUIRE_SERVERS=1 allows no skipped test" in said


def run(folder: Path, suite: str = SUITE, **environ: str) -> tuple[int, str]:
    """The exit code and the words of a test run with these variables and no others of ours."""
    (folder / "test_suite.py").write_text(suite)
    command = [sys.executable, "-m", "pytest", "-p", "tests.servers", "-p", "no:cacheprovider", "-c", os.devnull]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FOYER_")}
    finished = subprocess.run(
        [*command, "--rootdir", str(folder), "-p", "no:django", str(folder)],
        cwd=ROOT,
        env=clean | environ,
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.returncode, finished.stdout + finished.stderr
