"""Processes that are started again whenever they end, as an init system or a container runtime would."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

RESTART_SECONDS = 0.5
LOOK_SECONDS = 0.1


class Death(NamedTuple):
    """When a process was killed."""

    at: float
    pid: int


@dataclass
class Supervised:
    """One process with all its children. `deaths` are those that were not its own doing."""

    name: str
    command: Sequence[str]
    environ: Mapping[str, str]
    log: Path
    folder: Path
    deaths: list[Death] = field(default_factory=list)
    starts: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, in a group of its own: a Ctrl-C at the terminal is ours alone."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=self.folder, env=dict(self.environ), stdout=log, stderr=log, start_new_session=True
            )
        self.starts += 1

    def kill(self) -> None:
        """SIGKILL to it and all its children at once."""
        if self.process is not None:
            self.deaths.append(Death(time.time(), self.process.pid))
            _kill_group(self.process.pid)

    def kill_a_child(self, chance: random.Random) -> bool:
        """SIGKILL to one of its children; False when it has none."""
        children = _children(self.process.pid) if self.process else []
        if not children:
            return False
        victim = chance.choice(children)
        self.deaths.append(Death(time.time(), victim))
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        return True

    def has_connection_from(self, port: int) -> bool:
        """Whether that port of loopback is an end of one of its own connections."""
        inode = _socket(port)
        return inode is not None and self.process is not None and inode in _sockets(self.process.pid)

    def has_ended(self) -> bool:
        """Whether it is not there any more; what it left of its group is ended with it."""
        if self.process is None or self.process.poll() is None:
            return False
        _kill_group(self.process.pid)
        return True

    def end(self, within: float) -> None:
        """SIGTERM, and SIGKILL when that does not end it in time."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            pass
        finally:
            _kill_group(self.process.pid)
            self.process.wait()


class Supervisor:
    """Looks after the processes, from `start` to `stop`."""

    def __init__(self) -> None:
        self.processes: list[Supervised] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._look_after, name="supervisor", daemon=True)

    def start(self) -> None:
        """Start all, and look after them from now on."""
        for process in self.processes:
            process.start()
        self._thread.start()

    def stop(self, within: float = 10) -> None:
        """End all of them, and the looking after."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        for process in self.processes:
            if process.process is not None:
                process.process.terminate()
        deadline = time.monotonic() + within
        for process in self.processes:
            process.end(max(deadline - time.monotonic(), 0.1))

    def _look_after(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            for process in self.processes:
                if process.has_ended() and not self._stopping.wait(RESTART_SECONDS):
                    process.start()


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def _children(parent: int) -> list[int]:
    try:
        return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
    except OSError:
        return []


def _socket(port: int) -> str | None:
    """The kernel's number of the connected socket with that local port."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        columns = line.split()
        if int(columns[1].partition(":")[2], 16) == port:
            return columns[9]
    return None


def _sockets(pid: int) -> set[str]:
    found = set()
    try:
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(str(each.readlink()).removeprefix("socket:[").removesuffix("]"))
    except OSError:
        return set()
    return found
