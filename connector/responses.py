"""The only answers that an API connector may get.

Source: entra-docs, external-id/self-service-sign-up-add-api-connector, "Example responses".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import JsonResponse

VERSION = "1.0.0"


class ConnectorAnswer(JsonResponse):
    """An answer that Entra understands. Nothing else leaves the connector: see `connector.shield`."""


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

    def __init__(self, message: str) -> None:
        body = {"version": VERSION, "status": 400, "action": "ValidationError", "userMessage": message}
        super().__init__(body, status=400)


class Unauthorised(ConnectorAnswer):
    """The one answer to every wrong credential. HTTP 401 (RFC 7617)."""

    def __init__(self) -> None:
        super().__init__({"code": "unauthorized", "message": "Wrong or missing credentials."}, status=401)
        self["WWW-Authenticate"] = 'Basic realm="Foyer connector", charset="UTF-8"'


class MethodNotAllowed(ConnectorAnswer):
    """For whoever opens the address in a browser. HTTP 405."""

    def __init__(self) -> None:
        super().__init__({"code": "method_not_allowed", "message": "Entra calls this address with POST."}, status=405)
        self["Allow"] = "POST"
