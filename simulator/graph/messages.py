"""A request and an answer of Graph, apart from the transport: a batch carries them too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simulator.refusals import GraphError, bad_query
from simulator.store import Document

_UNREADABLE = (
    "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format."
)


@dataclass(frozen=True)
class GraphRequest:
    """`path` starts after `/v1.0`; header names are lower-case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    content: bytes
    origin: str
    permissions: frozenset[str] = frozenset()

    @property
    def subject(self) -> str:
        """What faults are matched against."""
        return f"{self.method} /v1.0{self.path}"

    def document(self) -> Document:
        """The JSON object in the body; raises GraphError."""
        if "application/json" not in self.headers.get("content-type", ""):
            raise bad_query(
                "Write requests (excluding DELETE) must contain the Content-Type header declaration for JSON."
            )
        try:
            document = json.loads(self.content)
        except ValueError:
            raise bad_query(_UNREADABLE) from None
        if not isinstance(document, dict):
            raise bad_query(_UNREADABLE)
        return document

    def context(self, what: str) -> str:
        """The `@odata.context` of an answer."""
        return f"{self.origin}/v1.0/$metadata#{what}"


@dataclass(frozen=True)
class GraphAnswer:
    """What Graph answers; no body means 204."""

    status: int = 204
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def refused(error: GraphError) -> GraphAnswer:
    """The error document of a refusal; the endpoint adds the request's ids."""
    content: Document = {"code": error.code, "message": error.message}
    if error.details:
        content["details"] = error.details
    return GraphAnswer(error.status, {"error": content}, error.headers)
