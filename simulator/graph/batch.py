"""`$batch`: up to twenty requests in one, each with its own answer."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

from simulator.graph.messages import GraphAnswer, GraphRequest, refused
from simulator.graph.validation import check_batch
from simulator.refusals import GraphError
from simulator.store import Document

Answering = Callable[[GraphRequest], Awaitable[GraphAnswer]]


async def answer_batch(request: GraphRequest, answering: Answering) -> GraphAnswer:
    """POST /$batch; `answering` answers each part, with its own faults."""
    try:
        body = request.document()
        check_batch(body)
        _check_ids(body["requests"])
    except GraphError as refusal:
        return refused(refusal)
    responses: dict[str, Document] = {}
    for part in body["requests"]:
        failed = [key for key in part.get("dependsOn", []) if responses[key]["status"] >= 400]
        answer = _dependency_failed() if failed else await answering(_request(request, part))
        headers = {**answer.headers, **({"Content-Type": "application/json"} if answer.body else {})}
        responses[part["id"]] = {"id": part["id"], "status": answer.status, "headers": headers, "body": answer.body}
    # Graph promises no order; ours is never the order of the question.
    return GraphAnswer(200, {"responses": list(reversed(responses.values()))})


def _check_ids(parts: list[Document]) -> None:
    seen: set[str] = set()
    for part in parts:
        if part["id"].lower() in seen:
            raise GraphError(400, "BadRequest", f"Duplicate request id found: {part['id']}.")
        if set(part.get("dependsOn", [])) - {each["id"] for each in parts if each["id"].lower() in seen}:
            raise GraphError(400, "BadRequest", "A request may only depend on requests before it.")
        if not part["url"].startswith("/") or part["url"].startswith(("/v1.0", "/$batch")):
            raise GraphError(400, "BadRequest", f"Invalid url in request {part['id']}.")
        seen.add(part["id"].lower())


def _request(whole: GraphRequest, part: Document) -> GraphRequest:
    target = urlsplit(part["url"])
    return replace(
        whole,
        method=part["method"],
        path=target.path,
        query=dict(parse_qsl(target.query, keep_blank_values=True)),
        headers={name.lower(): str(value) for name, value in part.get("headers", {}).items()},
        content=json.dumps(part["body"]).encode() if "body" in part else b"",
    )


def _dependency_failed() -> GraphAnswer:
    return refused(GraphError(424, "FailedDependency", "A request that this one depends on failed."))
