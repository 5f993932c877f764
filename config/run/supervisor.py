"""The processes of a run: started one by one, watched together, and ended without leaving one behind."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from types import FrameType

from config.env import BASE_DIR
from config.run.refusal import Refusal

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS = 20.0
PULSE_SECONDS = 0.1
LINES_SHOWN = 12
_PR_SET_PDEATHSIG = 1


class Stopped(Exception):
    """Somebody asked the run to end."""


class Supervisor:
    """Owns the processes. Each is the leader of its own session, so that a Ctrl-C reaches the run alone."""

    def __init__(self, logs: Path, environ: Mapping[str, str]) -> None:
        self._logs, self._environ = logs, dict(environ)
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._asked = Event()
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def in_charge(self) -> Iterator[None]:
        """Hear the signals that end the run; whatever happens inside, no process is left at the end."""
        before = {each: signal.signal(each, self._hear) for each in STOP_SIGNALS}
        try:
            yield
        finally:
            self._end_all()
            for each, handler in before.items():
                signal.signal(each, handler)

    def start(self, name: str, command: Sequence[str], **environ: str) -> None:
        """Start a process; what it says goes to its log file, the last run's beside it. Raises as `wait_until`."""
        self._look()
        log = self._logs / f"{name}.log"
        if log.exists():
            log.replace(log.with_suffix(".log.1"))
        with log.open("wb") as said:
            self._running[name] = subprocess.Popen(  # noqa: S603 - our own commands, and no shell
                command,
                cwd=BASE_DIR,
                env=self._environ | environ,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one thread here
            )

    def wait_until(self, what: str, is_so: Callable[[], bool], *, seconds: float) -> None:
        """Return when `is_so()`. Raises Stopped, or Refusal when a process ends or it takes too long."""
        deadline = time.monotonic() + seconds
        while not is_so():
            self._look()
            if time.monotonic() > deadline:
                raise Refusal(f"{what} within {seconds:.0f} s; the logs are in {self._logs}")
            self._asked.wait(PULSE_SECONDS)
        self._look()

    def watch(self) -> None:
        """Stay until somebody asks to stop (Stopped), or a process ends by itself (Refusal)."""
        while True:
            self._look()
            self._asked.wait(PULSE_SECONDS)

    def _look(self) -> None:
        if self._asked.is_set():
            raise Stopped
        for name, process in self._running.items():
            code = process.poll()
            if code is not None:
                raise Refusal(
                    f"the {name} ended by itself (exit code {code}); its last words:\n{self._last_words(name)}"
                )

    def _last_words(self, name: str) -> str:
        lines = (self._logs / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(f"  {line}" for line in lines[-LINES_SHOWN:]) or "  (none)"

    def _hear(self, _signal: int, _frame: FrameType | None) -> None:
        self._asked.set()

    def _end_all(self) -> None:
        """End everything: the first started serves the others and ends last. A second signal ends the patience."""
        self._asked.clear()
        processes = list(self._running.values())
        self._ask_to_end(processes[1:])
        self._ask_to_end(processes[:1])
        for process in processes:
            # Also what a process started itself and left behind.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _ask_to_end(self, processes: list[subprocess.Popen[bytes]]) -> None:
        for process in processes:
            with suppress(ProcessLookupError):
                process.terminate()
        deadline = time.monotonic() + GRACE_SECONDS
        while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
            if self._asked.wait(PULSE_SECONDS):
                return


def _die_with_parent() -> None:
    """Have Linux end this process when the run is killed outright and cannot end it itself."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
