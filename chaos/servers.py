"""PostgreSQL and Redis of our own, to be killed at will. Nobody else's are touched."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import redis

START_SECONDS = 30.0


class Missing(Exception):
    """A program that this machine does not have; the message is one line for a person."""


def find_postgres() -> Path:
    """The folder of the newest PostgreSQL's programs. Raises Missing."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("postgres")
    if not found and not on_path:
        raise Missing("PostgreSQL is not installed (Debian: apt install postgresql)")
    return found[-1].parent if found else Path(on_path or "").parent


def find_redis() -> str:
    """The server's program. Raises Missing."""
    program = shutil.which("redis-server")
    if program is None:
        raise Missing("Redis is not installed (Debian: apt install redis-server)")
    return program


@dataclass
class Postgres:
    """One server, durable as an operator's is: fsync stays on."""

    folder: Path
    port: int
    programs: Path = field(default_factory=find_postgres)

    @property
    def url(self) -> str:
        """The address of the database."""
        return f"postgres://foyer@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Make the server and wait until it answers."""
        self.folder.mkdir(mode=0o700)
        if os.geteuid() == 0:
            # PostgreSQL refuses to run as root.
            shutil.chown(self.folder, "postgres", "postgres")
        self._run(
            "initdb", "-D", str(self.folder), "-U", "foyer", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"
        )
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=100"
        self._control("start", "-o", options)

    def restart(self) -> None:
        """Kill it as a crash would, and let it recover."""
        self._control("restart", "-m", "immediate")

    def cut_connections(self) -> int:
        """End every client's connection; how many there were."""
        others = "pid <> pg_backend_pid() AND backend_type = 'client backend'"
        with self.connect() as connection:
            row = connection.execute(
                f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {others}"  # noqa: S608 - a constant
            ).fetchone()
        return int(row[0]) if row else 0

    def freeze(self) -> None:
        """Let it hang: connections are taken by the kernel, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def connect(self) -> psycopg.Connection:
        """A connection that commits each statement."""
        return psycopg.connect(self.url, autocommit=True, connect_timeout=10)

    def stop(self) -> None:
        """End it, also when it hangs or never started."""
        if (self.folder / "postmaster.pid").exists():
            self.thaw()
            self._control("stop", "-m", "immediate")

    def _control(self, deed: str, *options: str) -> None:
        self._run("pg_ctl", "-D", str(self.folder), "-s", "-w", "-l", str(self.folder / "log"), *options, deed)

    def _run(self, program: str, *arguments: str) -> None:
        as_postgres = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        subprocess.run(
            [self.programs / program, *arguments],
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            check=True,
            **as_postgres,  # type: ignore[call-overload]
        )

    def _signal(self, number: signal.Signals) -> None:
        postmaster = int((self.folder / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in (postmaster, *map(int, children)):
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                continue


@dataclass
class Redis:
    """One server without persistence: what it forgets at its end is gone."""

    folder: Path
    port: int
    program: str = field(default_factory=find_redis)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of its first database."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start it empty and wait until it answers."""
        self.folder.mkdir(exist_ok=True)
        options = ("--bind", "127.0.0.1", "--port", str(self.port), "--dir", str(self.folder), "--save", "")
        self.process = subprocess.Popen(
            [self.program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if time.monotonic() > deadline:
                raise Missing("Redis does not start")
            time.sleep(0.05)

    def flush(self) -> None:
        """Make it forget everything."""
        with redis.Redis.from_url(self.url) as client:
            client.flushall()

    def stop(self) -> None:
        """Kill it."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_connect_timeout=1) as client:
                return bool(client.ping())
        except (redis.RedisError, OSError):
            return False
