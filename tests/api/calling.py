"""Calling the API as a staff system does: with a token and JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.test import Client

from accounts.models import User
from accounts.signin.tokens import issue_token

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer


class Caller:
    """A staff system with its token; None calls without one."""

    def __init__(self, token: str | None) -> None:
        self.token = token
        self.client = Client(headers={"Authorization": f"Bearer {token}"} if token else {}, enforce_csrf_checks=True)

    @classmethod
    def as_user(cls, user: User) -> Caller:
        """A staff system that acts as this person."""
        return cls(issue_token(user, "tests")[1])

    def get(self, path: str, **query: Any) -> Answer:
        """GET /api/v1/<path>."""
        return self.client.get(f"/api/v1/{path}", query)

    def listed(self, path: str, **query: str) -> list[Any]:
        """The results on the first page of a list."""
        answer = self.get(path, **query)
        assert answer.status_code == 200, answer.content
        results: list[Any] = body(answer)["results"]
        return results

    def do(self, reference: str, deed: str, *, key: str | None = None, **fields: Any) -> Answer:
        """POST a deed to a request."""
        headers = {} if key is None else {"Idempotency-Key": key}
        path = f"/api/v1/requests/{reference}/{deed}"
        return self.client.post(path, json.dumps(fields), content_type="application/json", headers=headers)


def body(answer: Answer) -> Any:
    """The JSON of an answer."""
    return json.loads(answer.content)


def problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer that must be one."""
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json"), answer.content
    document: dict[str, Any] = body(answer)
    assert (document["status"], document["code"]) == (status, code)
    assert document["type"] == "about:blank"
    assert document["title"]
    assert document["detail"]
    return document
