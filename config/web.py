"""The production web server: Granian, with one listening socket for all of its processes.

Granian gives each process a socket of its own (SO_REUSEPORT), and Linux resets a connection that waits at a process in the
moment of its end. A rolling restart then loses a call in some thousands. Waiting at a shared socket, a connection goes to
whichever process is there.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

from environs import EnvError, validate
from granian._granian import SocketHolder
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server.common import AbstractServer
from granian.server.mp import MPServer

from config.env import env

PR_SET_PDEATHSIG = 1


class WebServer(MPServer):
    """Granian on a socket that its processes inherit. SIGHUP replaces them one by one, SIGTERM ends them all."""

    def serve(self, *given: Any, **named: Any) -> None:
        """Serve until told to end; without Granian's warning of many threads, of which most wait for a database."""
        AbstractServer.serve(self, *given, **named)

    def _init_shared_socket(self) -> None:
        self._sso = listen(self.bind_addr, self.bind_port, self.backlog)
        self._shd = SocketHolder(self._sso.fileno(), False, self.backlog)  # type: ignore[assignment, call-arg]


def listen(host: str, port: int, backlog: int) -> socket.socket:
    """A socket whose connections arrive once the request is there; OSError when the port is taken.

    A process that ends closes a connection on which it has read nothing yet. With TCP_DEFER_ACCEPT (tcp(7)) it never holds
    such a one for longer than a moment.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family, backlog=backlog)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_DEFER_ACCEPT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 5)
    listener.set_inheritable(True)
    return listener


def end_with_parent() -> None:
    """Have Linux end each process that is forked from here on when this one dies without a word (prctl(2)).

    Left alone they would serve on, and keep the port from the server that is started next.
    """
    if sys.platform != "linux":
        return
    parent, prctl, asked = os.getpid(), ctypes.CDLL(None).prctl, False

    def ask() -> None:
        nonlocal asked
        if asked:
            return
        asked = True
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    os.register_at_fork(after_in_child=ask)


@contextmanager
def counting_together() -> Iterator[None]:
    """Let the processes count into files that each of them can read: /metrics then says the same, whoever answers.

    What ended processes have counted stays until the server ends (prometheus_client's multiprocess mode).
    """
    with TemporaryDirectory(prefix="foyer-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


def server() -> WebServer:
    """The server as the environment wants it: WEB_HOST, PORT, WEB_WORKERS, WEB_THREADS, WEB_RELOAD_SECONDS.

    Threads enough that sign-ups which come together are written together; of more than that, those which do not wait
    for a database would only fight for the interpreter.
    Each process that a SIGHUP starts has WEB_RELOAD_SECONDS to load before its elder ends.
    """
    return WebServer(
        "config.wsgi:application",
        address=env.str("WEB_HOST", "127.0.0.1"),
        port=env.int("PORT", 8000, validate=validate.Range(min=1, max=65535)),
        interface=Interfaces.WSGI,
        workers=env.int("WEB_WORKERS", 1 if _is_on_sqlite() else 2, validate=validate.Range(min=1)),
        blocking_threads=env.int("WEB_THREADS", 8, validate=validate.Range(min=1)),
        websockets=False,
        log_level=LogLevels.warning,
        respawn_failed_workers=True,
        respawn_interval=env.float("WEB_RELOAD_SECONDS", 10.0, validate=validate.Range(min=0)),
        workers_kill_timeout=15,
    )


def _is_on_sqlite() -> bool:
    """There one process is best: its threads take turns at writing, where processes only try again and again."""
    return env.str("DATABASE_URL", "sqlite:").startswith("sqlite:")


def main() -> int:
    """Serve until told to end; 1 with one line when a setting is wrong or nobody can listen there."""
    multiprocessing.set_start_method("fork")  # what the processes inherit is the socket
    end_with_parent()
    try:
        web = server()
    except EnvError as error:
        return _cannot(str(error))
    try:
        with counting_together():
            web.serve()
    except OSError as error:
        why = os.strerror(error.errno or 0)
        return _cannot(
            f"cannot listen on {web.bind_addr} port {web.bind_port}: {why}; WEB_HOST and PORT choose another"
        )
    return 0


def _cannot(why: str) -> int:
    sys.stderr.write(f"foyer: {why}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
