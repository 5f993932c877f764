"""The two ways to the connector, below Django's handler and through it, lead to the same answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import RequestFactory
from django.test.client import ClientHandler

from config.wsgi import application
from tests.connector.conftest import CLAIMS, Entra

SAME = ("Content-Type", "Content-Length", "X-Content-Type-Options", "WWW-Authenticate", "Allow")
CALLS: dict[str, dict[str, Any]] = {
    "check status": {"path": "/api/connectors/partners/check-status"},
    "the sample's address": {"path": "/api/approvals/checkstatus"},
    "no credentials": {"path": "/api/connectors/partners/submit", "HTTP_AUTHORIZATION": ""},
    "another flow": {"path": "/api/connectors/suppliers/submit"},
    "not JSON": {"path": "/api/connectors/partners/submit", "data": b"{"},
    "a value to correct": {
        "path": "/api/connectors/partners/submit",
        "data": json.dumps({**CLAIMS, "givenName": "x" * 65}).encode(),
    },
    "mistyped": {"path": "/api/connectors/partners/submitt"},
    "GET": {"path": "/api/connectors/partners/submit", "method": "GET"},
    "another host": {"path": "/api/connectors/partners/submit", "HTTP_HOST": "elsewhere.example"},
    "no length": {"path": "/api/connectors/partners/submit", "CONTENT_LENGTH": ""},
}


@pytest.mark.parametrize("call", CALLS)
def test_both_ways_answer_alike(call: str, entra: Entra) -> None:
    assert below(entra, **CALLS[call]) == through(entra, **CALLS[call])


def environ(entra: Entra, *, path: str, method: str = "POST", data: bytes | None = None, **more: str) -> dict[str, Any]:
    body = json.dumps(CLAIMS).encode() if data is None else data
    given: dict[str, Any] = {"HTTP_AUTHORIZATION": entra.authorization, "HTTP_HOST": "testserver", **more}
    request = RequestFactory().generic(method, path, body, content_type="application/json", **given)
    return dict(request.META)


def below(entra: Entra, **call: Any) -> tuple[str, list[str | None], bytes]:
    """The answer of the production server's application."""
    told: list[Any] = []
    body = b"".join(application(environ(entra, **call), lambda status, headers: told.extend([status, headers])))
    status, headers = told
    assert "X-Request-ID" in dict(headers)
    return status, [dict(headers).get(name) for name in SAME], body


def through(entra: Entra, **call: Any) -> tuple[str, list[str | None], bytes]:
    """The answer of Django's handler."""
    response: Any = ClientHandler(enforce_csrf_checks=True)(environ(entra, **call))
    assert "X-Request-ID" in response.headers
    status = f"{response.status_code} {response.reason_phrase}"
    return status, [response.headers.get(name) for name in SAME], response.content
