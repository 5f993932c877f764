"""What must hold before a run may begin: the folder is ours alone, and the ports are free."""

from __future__ import annotations

import fcntl
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.run.plan import LOOPBACK, Plan
from config.run.records import write_private
from config.run.refusal import Refusal


@contextmanager
def sole_run(var: Path) -> Iterator[None]:
    """Hold the folder for this run. Raises Refusal when another run has it."""
    _make_private_folder(var)
    with (var / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Refusal(f"already running on {var} (process {lock.read().strip() or 'unknown'})") from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def require_free_ports(plan: Plan) -> None:
    """Raise Refusal when a port that the run needs belongs to another process."""
    for port in plan.ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((LOOPBACK, port))
            except OSError:
                name = "PORT" if port == plan.port else "SIMULATOR_PORT"
                raise Refusal(f"port {port} is in use: stop what uses it, or set {name}") from None


def require_secret_key(plan: Plan) -> None:
    """Make the secret key of this folder when it has none; the same one ever after."""
    file = plan.var / "secret_key"
    if plan.environ.get("SECRET_KEY_FILE") == str(file) and not file.exists():
        write_private(file, secrets.token_urlsafe(64))


def _make_private_folder(var: Path) -> None:
    try:
        var.mkdir(mode=0o700, parents=True, exist_ok=True)
        var.chmod(0o700)
    except OSError as problem:
        raise Refusal(f"cannot use {var}: {problem.strerror}") from problem
