"""Calls an API connector exactly as Entra does, and judges the answer by what Entra accepts."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx

from simulator.flows import Flow
from simulator.store import Document
from simulator.tenant import Tenant

Step = Literal["check-status", "submit"]
Verdict = Literal["continue", "block", "validation-error", "failure"]

# One call, and one more when no answer came.
ATTEMPTS = 2
# What an answer says to Entra itself; all else in it is claims.
_OWN = {"version", "action"}


@dataclass(frozen=True)
class ConnectorAnswer:
    """What came back, and what Entra makes of it. `why` explains a failure to an administrator."""

    verdict: Verdict
    message: str = ""
    claims: Document = field(default_factory=dict)
    status: int | None = None
    body: Any = None
    attempts: int = 1
    why: str = ""


async def call_connector(
    tenant: Tenant, client: httpx.AsyncClient, flow: Flow, step: Step, claims: Document
) -> ConnectorAnswer:
    """POST the claims and judge the answer; every attempt is in the journal. Never raises for the other side."""
    url = flow.check_status_url if step == "check-status" else flow.submit_url
    why = ""
    for attempt in range(1, ATTEMPTS + 1):
        started = time.monotonic()
        facts = {"flow": flow.slug, "step": step, "url": url, "attempt": attempt, "request": claims}
        try:
            async with asyncio.timeout(tenant.settings.connector_timeout):
                response = await client.post(url, json=claims, auth=(flow.username, flow.password))
        except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as problem:
            why = f"No answer: {type(problem).__name__}"
            tenant.connector_calls.record(
                **facts, verdict="failure", status=None, answer=None, why=why, seconds=_since(started)
            )
            continue
        answer = judge(step, response, attempt)
        tenant.connector_calls.record(
            **facts,
            verdict=answer.verdict,
            status=answer.status,
            answer=answer.body,
            why=answer.why,
            seconds=_since(started),
        )
        return answer
    return ConnectorAnswer("failure", attempts=ATTEMPTS, why=why)


def judge(step: Step, response: httpx.Response, attempt: int) -> ConnectorAnswer:
    """Sort an answer; whatever the contract does not list is a failure."""
    body = _json(response)
    verdict, why = _verdict(step, response, body)
    accepted = verdict != "failure"
    claims = {name: value for name, value in body.items() if name not in _OWN} if verdict == "continue" else {}
    return ConnectorAnswer(
        verdict=verdict,
        message=body.get("userMessage", "") if accepted else "",
        claims=claims,
        status=response.status_code,
        body=body if body is not None else response.text[:2000],
        attempts=attempt,
        why=why,
    )


def _verdict(step: Step, response: httpx.Response, body: Any) -> tuple[Verdict, str]:
    if response.status_code in {401, 403}:
        return "failure", f"HTTP {response.status_code}: the connector's credentials are wrong"
    if not isinstance(body, dict) or not _is_json(response):
        return "failure", "the answer is not a JSON object with content type application/json"
    if not isinstance(body.get("version"), str):
        return "failure", "the answer has no version"
    verdict = _accepted(step, response.status_code, body)
    if verdict is not None:
        return verdict, ""
    return "failure", f"HTTP {response.status_code} with action {body.get('action')!r} is no answer at {step}"


def _accepted(step: Step, status: int, body: Document) -> Verdict | None:
    message = body.get("userMessage")
    match status, body.get("action"):
        case 200, "Continue":
            return "continue"
        case 200, "ShowBlockPage" if _is_text(message):
            return "block"
        # Only the attribute page can show it, and only with the status repeated in the body.
        case 400, "ValidationError" if _is_text(message) and step == "submit" and body.get("status") in {400, "400"}:
            return "validation-error"
    return None


def _json(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content)
    except ValueError:
        return None


def _is_json(response: httpx.Response) -> bool:
    kind: str = response.headers.get("content-type", "")
    return kind.partition(";")[0].strip().lower() == "application/json"


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)
