"""The door of Graph: faults, the bearer token, the journal and the headers around each answer."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import replace
from functools import partial
from urllib.parse import parse_qsl

import jwt
from starlette.requests import Request
from starlette.responses import Response

from simulator.clock import now
from simulator.graph.batch import answer_batch
from simulator.graph.messages import GraphAnswer, GraphRequest, refused
from simulator.graph.routes import answer
from simulator.login.tokens import GRAPH
from simulator.misbehaviour import broken_answer, hang_up, outlasts_stall, take_time
from simulator.refusals import GraphError, invalid_token
from simulator.tenant import Tenant

# Nobody reads it; the journal shows it.
CALLER_GONE = GraphAnswer(499)


async def answer_graph(request: Request) -> Response:
    """Anything below /v1.0."""
    tenant: Tenant = request.app.state.tenant
    asked, started = await _read(request), time.monotonic()
    request_id = str(uuid.uuid4())
    client_request_id = asked.headers.get("client-request-id", request_id)
    await take_time(tenant.settings.latency, asked.method)
    patient = await outlasts_stall(request, tenant.faults, asked.subject)
    answered = await _answer(tenant, asked) if patient else CALLER_GONE
    lost = tenant.faults.take("lost_answer", asked.subject) is not None
    tenant.graph_calls.record(
        method=asked.method,
        path=f"/v1.0{asked.path}" + (f"?{request.url.query}" if request.url.query else ""),
        status=answered.status,
        lost=lost,
        seconds=round(time.monotonic() - started, 4),
        client_request_id=client_request_id,
        request_id=request_id,
        peer=request.client.port if request.client else 0,
    )
    return await hang_up(request) if lost else _response(answered, request_id, client_request_id)


async def _answer(tenant: Tenant, asked: GraphRequest) -> GraphAnswer:
    try:
        asked = _authenticated(tenant, asked)
    except GraphError as refusal:
        return refused(refusal)
    part = partial(_answer_one, tenant)
    if (asked.method, asked.path) == ("POST", "/$batch"):
        return await answer_batch(asked, part)
    return await part(asked)


async def _answer_one(tenant: Tenant, asked: GraphRequest) -> GraphAnswer:
    settings = tenant.settings
    too_many = tenant.quota.refusal(asked.method, f"{settings.client_id}/{settings.tenant_id}")
    answered = too_many or broken_answer(tenant.faults, asked.subject) or answer(tenant, asked)
    return replace(answered, headers={**answered.headers, **tenant.quota.headers(asked.method)})


def _authenticated(tenant: Tenant, asked: GraphRequest) -> GraphRequest:
    scheme, _, token = asked.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise invalid_token("Access token is empty.")
    if tenant.faults.take("rejected_token", asked.subject):
        raise invalid_token("Access token has been revoked.")
    try:
        claims = tenant.signing_key.read(token, audience=GRAPH)
    except jwt.ExpiredSignatureError:
        raise invalid_token("Lifetime validation failed, the token is expired.") from None
    except jwt.PyJWTError:
        raise invalid_token("Access token validation failure.") from None
    permissions = frozenset(claims.get("roles", [])) if claims.get("idtyp") == "app" else frozenset()
    return replace(asked, permissions=permissions)


async def _read(request: Request) -> GraphRequest:
    return GraphRequest(
        method=request.method,
        path=f"/{request.path_params['path']}",
        query=dict(parse_qsl(request.url.query, keep_blank_values=True)),
        headers={name.lower(): value for name, value in request.headers.items()},
        content=await request.body(),
        origin=f"{request.url.scheme}://{request.url.netloc}",
    )


def _response(answered: GraphAnswer, request_id: str, client_request_id: str) -> Response:
    headers = {
        "request-id": request_id,
        "client-request-id": client_request_id,
        "x-ms-ags-diagnostic": json.dumps({"ServerInfo": {"DataCenter": "Simulated"}}),
        **answered.headers,
    }
    if isinstance(answered.body, str):
        return Response(answered.body, answered.status, headers, media_type="text/html")
    if answered.body is None:
        return Response(status_code=answered.status, headers=headers)
    body = _with_ids(answered.body, request_id, client_request_id)
    return Response(json.dumps(body), answered.status, headers, media_type="application/json")


def _with_ids(body: dict[str, object], request_id: str, client_request_id: str) -> dict[str, object]:
    error = body.get("error")
    if not isinstance(error, dict):
        return body
    inner = {
        "date": now().strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": client_request_id,
    }
    return {**body, "error": {**error, "innerError": inner}}
