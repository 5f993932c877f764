"""A caller who speaks as Entra does."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from approvals.models import UserFlow
from connector.models import ConnectorCredential
from tests.verification.conftest import idology, nothing_is_left_alone, service, verified

__all__ = ["idology", "nothing_is_left_alone", "service", "verified"]

GOOGLE = {"signInType": "federated", "issuer": "google.com", "issuerAssignedId": "108204268033311374519"}
CLAIMS = {
    "email": "johnsmith@fabrikam.onmicrosoft.com",
    "displayName": "John Smith",
    "givenName": "John",
    "surname": "Smith",
    "jobTitle": "Supplier",
    "ui_locales": "en-US",
}


def basic(username: str, secret: str) -> str:
    """The header's value."""
    return "Basic " + base64.b64encode(f"{username}:{secret}".encode()).decode()


@dataclass
class Entra:
    """Calls a flow's endpoints."""

    slug: str
    authorization: str

    def call(self, step: str, body: Any = None, **extra: Any) -> HttpResponse:
        """POST `body` (bytes go as they are; else as JSON; default CLAIMS) to a step of the flow."""
        return self.post(f"/api/connectors/{self.slug}/{step}", body, **extra)

    def post(self, path: str, body: Any = None, **extra: Any) -> HttpResponse:
        """POST to any path."""
        data = body if isinstance(body, bytes) else json.dumps(CLAIMS if body is None else body)
        extra.setdefault("content_type", "application/json")
        headers = {"Authorization": self.authorization, **extra.pop("headers", {})}
        response: HttpResponse = Client(raise_request_exception=False).post(path, data, headers=headers, **extra)  # type: ignore[assignment]
        return response

    def check_status(self, body: Any = None) -> dict[str, Any]:
        """The answer's JSON."""
        return answer(self.call("check-status", body))

    def submit(self, body: Any = None) -> dict[str, Any]:
        """The answer's JSON."""
        return answer(self.call("submit", body))


def answer(response: HttpResponse) -> dict[str, Any]:
    """The JSON of an answer that Entra accepts with 200."""
    assert response.status_code == 200, response.content
    assert response["Content-Type"] == "application/json"
    told: dict[str, Any] = json.loads(response.content)
    return told


@pytest.fixture
def as_entra() -> Callable[[UserFlow], Entra]:
    """Makes a caller with a fresh credential of a flow."""

    def make(flow: UserFlow) -> Entra:
        credential, secret = ConnectorCredential.issue(flow)
        return Entra(flow.slug, basic(credential.username, secret))

    return make


@pytest.fixture
def entra(flow: UserFlow, as_entra: Callable[[UserFlow], Entra]) -> Entra:
    """Calls the default flow."""
    return as_entra(flow)
