"""The only answers that an API connector may get.

Source: entra-docs, external-id/self-service-sign-up-add-api-connector, "Example responses".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

VERSION = "1.0.0"


class ConnectorAnswer:
    """An answer that Entra understands. Nothing else leaves the connector: see `connector.shield`."""

    status = HTTPStatus.OK
    headers: tuple[tuple[str, str], ...] = ()

    def __init__(self, told: Mapping[str, Any]) -> None:
        self.body = json.dumps(told).encode()

    @property
    def status_line(self) -> str:
        """The status as WSGI wants it."""
        return f"{self.status.value} {self.status.phrase}"

    def all_headers(self) -> list[tuple[str, str]]:
        """Its own, and those of every answer."""
        return [
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(self.body))),
            ("X-Content-Type-Options", "nosniff"),
            *self.headers,
        ]


class Continue(ConnectorAnswer):
    """Let Entra go on: at the first step claims prefill the form; at the second they override it and the account is made."""

    def __init__(self, claims: Mapping[str, Any] | None = None) -> None:
        super().__init__({"version": VERSION, "action": "Continue", **(claims or {})})


class ShowBlockPage(ConnectorAnswer):
    """End the sign-up with a page that shows `message` as plain text. HTTP 200."""

    def __init__(self, message: str) -> None:
        super().__init__({"version": VERSION, "action": "ShowBlockPage", "userMessage": message})


class ValidationError(ConnectorAnswer):
    """Send the applicant back to the form. Only at *submit*; HTTP 400 and `status` 400 belong together."""

    status = HTTPStatus.BAD_REQUEST

    def __init__(self, message: str) -> None:
        super().__init__({"version": VERSION, "status": 400, "action": "ValidationError", "userMessage": message})


class Unauthorised(ConnectorAnswer):
    """The one answer to every wrong credential. HTTP 401 (RFC 7617)."""

    status = HTTPStatus.UNAUTHORIZED
    headers = (("WWW-Authenticate", 'Basic realm="Foyer connector", charset="UTF-8"'),)

    def __init__(self) -> None:
        super().__init__({"code": "unauthorized", "message": "Wrong or missing credentials."})


class MethodNotAllowed(ConnectorAnswer):
    """For whoever opens the address in a browser. HTTP 405."""

    status = HTTPStatus.METHOD_NOT_ALLOWED
    headers = (("Allow", "POST"),)

    def __init__(self) -> None:
        super().__init__({"code": "method_not_allowed", "message": "Entra calls this address with POST."})
