"""A network that stops: a TCP proxy before a server, which forwards, or takes everything and passes nothing on."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Event, Thread


class Proxy:
    """Forwards to an address until it is told to hang; hanging, it keeps connections and takes new ones."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._passing = Event()
        self._passing.set()
        self._sockets: list[socket.socket] = []
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    def hang(self) -> None:
        """Pass nothing on from now on."""
        self._passing.clear()

    def go_on(self) -> None:
        """Pass on again, what was held back included."""
        self._passing.set()

    def close(self) -> None:
        """End it with all its connections."""
        self.go_on()
        for each in [self._server, *self._sockets]:
            _end(each)

    def _accept(self) -> None:
        try:
            while True:
                Thread(target=self._serve, args=(self._server.accept()[0],), daemon=True).start()
        except OSError:
            return

    def _serve(self, client: socket.socket) -> None:
        self._passing.wait()
        server = socket.create_connection(self._target)
        self._sockets += [client, server]
        Thread(target=self._pass_on, args=(server, client), daemon=True).start()
        self._pass_on(client, server)

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                self._passing.wait()
                target.sendall(data)
        except OSError:
            pass
        finally:
            _end(source)
            _end(target)


def _end(each: socket.socket) -> None:
    """Close for everybody: a mere close leaves a thread that waits for the socket waiting."""
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)
    each.close()
