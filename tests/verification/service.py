"""A verification service on this machine: HTTPS, and an answer that the test chooses, byte by byte if it likes."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

import trustme

PATIENCE_SECONDS = 20.0
Respond = Callable[["Handler"], object]


@dataclass(frozen=True)
class Received:
    """One call as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes
    certificate: dict[str, Any] | None


class Handler(BaseHTTPRequestHandler):
    """Takes a POST and lets the service answer it."""

    server: Service

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        peer = self.connection.getpeercert() if isinstance(self.connection, ssl.SSLSocket) else None
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.note(Received(self.path, headers, self.rfile.read(length), peer or None))
        with suppress(OSError):
            self.server.respond(self)

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""

    def send(self, body: bytes, status: int = 200, content_type: str = "text/xml", **headers: str) -> None:
        """A whole answer."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class Service(ThreadingHTTPServer):
    """The server. `respond` may be replaced at any time; `released` ends whatever hangs."""

    daemon_threads = True

    def __init__(self, folder: Path, *, wants_certificate: bool = False, tls: bool = True) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.calls: list[Received] = []
        self.released = Event()
        self._lock = Lock()
        self.respond: Respond = lambda handler: handler.send(b"")
        self.authority = trustme.CA()
        self.authorities = self.authority.cert_pem.bytes().decode()
        client = self.authority.issue_cert("foyer.contoso.example")
        self.client_certificate = b"".join(blob.bytes() for blob in client.cert_chain_pems).decode()
        self.client_key = client.private_key_pem.bytes().decode()
        self.url = f"{'https' if tls else 'http'}://localhost:{self.server_port}/service"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.authority.issue_cert("localhost").configure_cert(context)
            if wants_certificate:
                self.authority.configure_trust(context)
                context.verify_mode = ssl.CERT_REQUIRED
            # The handshake is done by the connection's own thread.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, *_args: Any) -> None:
        """Say nothing of handshakes that were refused."""

    def note(self, call: Received) -> None:
        with self._lock:
            self.calls.append(call)

    def answers(self, body: bytes | str, status: int = 200, content_type: str = "text/xml", **headers: str) -> None:
        """Answer every call with this from now on."""
        whole = body.encode() if isinstance(body, str) else body
        self.respond = lambda handler: handler.send(whole, status, content_type, **headers)

    def hangs(self) -> None:
        """Never answer."""
        self.respond = lambda _handler: self.wait()

    def wait(self, seconds: float = PATIENCE_SECONDS) -> bool:
        """Wait until released; False when the time was over first."""
        return self.released.wait(seconds)

    def drips(self, text: bytes) -> None:
        """Write the answer's first bytes so slowly that no limit for a single read ever strikes."""

        def respond(handler: Handler) -> None:
            for byte in text:
                handler.wfile.write(bytes([byte]))
                if self.wait(0.05):
                    return

        self.respond = respond


@contextmanager
def serving(folder: Path, **options: Any) -> Iterator[Service]:
    """A service that listens."""
    service = Service(folder, **options)
    thread = Thread(target=service.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.released.set()
        service.shutdown()
        service.server_close()
        thread.join(PATIENCE_SECONDS)
