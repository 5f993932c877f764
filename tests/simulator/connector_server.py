"""An API connector of our own, to see what the simulator sends and what it makes of answers."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

USERNAME, PASSWORD = "entra", "p@ss:word"
CONTINUE = {"version": "1.0.0", "action": "Continue"}


class Received(NamedTuple):
    """One call: the path, its headers and its JSON."""

    path: str
    headers: dict[str, str]
    claims: Any


class Answer(NamedTuple):
    """What to answer with; no status means to hang up without an answer."""

    status: int | None
    body: Any
    content_type: str = "application/json"


class ConnectorServer(ThreadingHTTPServer):
    """Answers what it was told to; `Continue` when it was told nothing."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[Received] = []
        self.answers: dict[str, list[Answer]] = {"/check-status": [], "/submit": []}
        self.released = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=[0.02], daemon=True).start()

    def will_answer(self, path: str, *answers: Answer) -> None:
        """Queue answers for a path; the last one is given again and again."""
        self.answers[path] = list(answers)

    def flow(self, slug: str = "partners") -> dict[str, str]:
        """The user flow that calls this connector."""
        return {
            "slug": slug,
            "name": "Partner portal",
            "check_status_url": f"{self.url}/check-status",
            "submit_url": f"{self.url}/submit",
            "username": USERNAME,
            "password": PASSWORD,
            "redirect_url": "https://portal.example/",
        }

    def next_answer(self, path: str) -> Answer:
        """What to say now."""
        queue = self.answers[path]
        if not queue:
            return Answer(200, CONTINUE)
        return queue.pop(0) if len(queue) > 1 else queue[0]


class _Handler(BaseHTTPRequestHandler):
    server: ConnectorServer

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.received.append(Received(self.path, headers, json.loads(content)))
        expected = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        authorised = headers.get("authorization") == f"Basic {expected}"
        answer = self.server.next_answer(self.path) if authorised else Answer(401, {"error": "unauthorized"})
        if answer.status is None:
            self.server.released.wait(10)
            self.close_connection = True
            return
        body = answer.body.encode() if isinstance(answer.body, str) else json.dumps(answer.body).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
