"""`python -m config.run` as a process of the tests: started, waited for, ended, and looked for afterwards."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 60.0
# What the machine or the suite sets, and a run is not to see.
OURS = ("FOYER_", "ENTRA_", "SIMULATOR_", "DJANGO_", "DATABASE_", "REDIS_", "SECRET_", "BASE_", "EMAIL_", "GRAPH_")


def clean_environ(**given: str) -> dict[str, str]:
    """The environment without settings of ours, but for the given ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    for name in ("ALLOWED_HOSTS", "DECISION_HOLD_SECONDS", "DEMO", "VAR", "PORT"):
        kept.pop(name, None)
    return kept | given


class Run:
    """One run of everything on its own folder and ports."""

    def __init__(self, var: Path, port: int, **environ: str) -> None:
        self.var, self.port = var, port
        ports = {"VAR": str(var), "PORT": str(port), "SIMULATOR_PORT": str(port + 1)}
        self.environ = clean_environ(**ports, **environ)
        self.web = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen[bytes]

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return hasattr(self, "process") and self.process.poll() is None

    def start(self) -> Run:
        """Start it and wait until it says that it is ready."""
        self.launch()
        wait_until(lambda: "is ready" in self.words or not self.is_running)
        assert self.is_running, self.words
        return self

    def launch(self) -> None:
        """Start it."""
        self.said = self.var.parent / f"{self.var.name}-said"
        with self.said.open("wb") as said:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.run"], cwd=ROOT, env=self.environ, stdout=said, stderr=said
            )

    @property
    def words(self) -> str:
        """What it has said at the terminal."""
        return self.said.read_text()

    @property
    def demo(self) -> Any:
        """The addresses and sign-ins that it wrote down."""
        return json.loads((self.var / "demo.json").read_text())

    @property
    def flows(self) -> Any:
        """The user flows as the pretend tenant reads them, by slug."""
        return {flow["slug"]: flow for flow in json.loads((self.var / "flows.json").read_text())["flows"]}

    def end(self, by: signal.Signals = signal.SIGTERM) -> int:
        """End it by a signal; its exit code."""
        self.process.send_signal(by)
        return self.process.wait(PATIENCE_SECONDS)

    def get(self, path: str) -> httpx.Response:
        """What the web server answers."""
        return httpx.get(f"{self.web}{path}", trust_env=False, timeout=20)

    def manage(self, *arguments: str) -> str:
        """What a command of manage.py prints in another terminal, which knows the folder and nothing else."""
        finished = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=clean_environ(VAR=str(self.var)),
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return finished.stdout

    def processes(self) -> dict[int, str]:
        """Every process that runs on this folder, whoever started it, by its id."""
        mark = f"VAR={self.var}\0".encode()
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (folder / "environ").read_bytes() + b"\0":
                    found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
            except OSError:
                continue
        return found

    def process_of(self, name: str) -> int:
        """The process whose command line has this word and which leads its session."""
        return next(pid for pid, command in self.processes().items() if name in command and os.getsid(pid) == pid)


def wait_until(is_so: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Return when it is so; AssertionError when it takes too long."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)
