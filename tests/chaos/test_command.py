"""The command itself: what it says when it cannot begin, and what it leaves when it is interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.stack import eventually

ROOT = Path(__file__).parent.parent.parent
COMMAND = (sys.executable, "-m", "chaos", "--short", "--seed", "1")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for temporary files that PostgreSQL's user can reach, as not every one of pytest's can be."""
    with tempfile.TemporaryDirectory(prefix="foyer-tests-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def processes_about(folder: Path) -> set[str]:
    """The command lines of all processes that name the folder, or work in it."""
    found = set()
    for each in Path("/proc").glob("[0-9]*"):
        try:
            words = (
                (each / "cmdline").read_bytes()
                + b" "
                + bytes((each / "cwd").readlink())
                + (each / "environ").read_bytes()
            )
        except OSError:
            continue
        if bytes(folder) in words:
            found.add((each / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


def test_it_says_in_one_line_what_is_not_installed(tmp_path: Path) -> None:
    run = subprocess.run(
        COMMAND,
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert run.returncode == 1
    assert run.stdout == ""
    [line] = run.stderr.splitlines()
    assert line.startswith("chaos: ")
    assert "is not installed" in line


@pytest.mark.postgres
@pytest.mark.redis
def test_it_leaves_nothing_when_it_is_interrupted(folder: Path) -> None:
    """Ctrl-C while everything starts, with PostgreSQL, Redis and the tenant up: no process, no file."""
    environ = {**os.environ, "TMPDIR": str(folder)}
    run = subprocess.Popen(COMMAND, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        eventually(lambda: list(folder.glob("foyer-chaos-*/client-secret")), within=60)
        assert len(processes_about(folder)) > 5
        run.send_signal(signal.SIGINT)
        _told, errors = run.communicate(timeout=60)
    finally:
        run.kill()

    assert (run.returncode, errors) == (130, "chaos: interrupted\n")
    assert processes_about(folder) == set()
    assert list(folder.iterdir()) == []
