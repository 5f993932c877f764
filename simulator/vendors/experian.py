"""Experian CrossCore: signed JSON in over a connection with a client certificate, JSON out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from jsonschema import Draft202012Validator
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from simulator.clock import now, stamp
from simulator.connections import Connections
from simulator.tenant import Tenant
from simulator.vendors.answers import Give, chosen, given
from simulator.vendors.crosscore_schema import REQUEST

NO_CERTIFICATE = "<html><body><h1>400 Bad Request</h1><p>No required SSL certificate was sent</p></body></html>"
CLOCKS_MAY_DIFFER = timedelta(minutes=5)

_validator = Draft202012Validator(REQUEST)


class Refused(Exception):
    """What CrossCore does not take: a status, its code and a sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


async def answer_crosscore(request: Request) -> Response:
    """POST /crosscore/services/v0/applications/3."""
    tenant: Tenant = request.app.state.tenant
    body = await request.body()
    connections: Connections = request.app.state.connections
    if not connections.has_certificate(request.client):
        tenant.vendor_calls.record(vendor="crosscore", sent=None, answer="", refused="no client certificate")
        return HTMLResponse(NO_CERTIFICATE, 400)
    try:
        sent = _checked(tenant, request.headers, body)
    except Refused as refusal:
        tenant.vendor_calls.record(vendor="crosscore", sent=_parsed(body), answer="", refused=refusal.message)
        return _refusal(refusal)
    answers = _answers(sent["header"])
    surname = sent["payload"]["contacts"][0]["person"]["names"][0]["surName"]
    answer = chosen(tenant, "crosscore", surname, answers)
    tenant.vendor_calls.record(vendor="crosscore", sent=sent, answer=answer, refused="")
    return await given(request, answer, answers)


def _checked(tenant: Tenant, headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The request, when it is signed and complete. Raises Refused."""
    key = tenant.settings.crosscore_signature_key.encode()
    expected = base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()
    if not hmac.compare_digest(headers.get("hmac-signature", "").encode(), expected.encode()):
        raise Refused(401, "R0101", "The signature is not that of the body.")
    document = _parsed(body)
    if headers.get("content-type") != "application/json" or document is None:
        raise Refused(400, "R0301", "The body is not JSON.")
    problem = next(iter(_validator.iter_errors(document)), None)
    if problem is not None:
        raise Refused(400, "R0301", f"{problem.json_path}: {problem.message}")
    _check_header(tenant, document)
    return dict(document)


def _check_header(tenant: Tenant, document: dict[str, Any]) -> None:
    header, control = document["header"], document["payload"]["control"]
    if header["tenantId"] != tenant.settings.crosscore_tenant:
        raise Refused(401, "R0102", "There is no such tenant.")
    if control[2]["value"] != header["clientReferenceId"]:
        raise Refused(400, "R0301", "EVENT_ID is not the clientReferenceId.")
    if abs(now() - datetime.fromisoformat(header["messageTime"])) > CLOCKS_MAY_DIFFER:
        raise Refused(400, "R0301", "messageTime is not now.")


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _refusal(refusal: Refused) -> Response:
    header = {"responseCode": refusal.code, "responseType": "ERROR", "responseMessage": refusal.message}
    return JSONResponse({"responseHeader": header}, refusal.status)


def _answers(header: dict[str, Any]) -> dict[str, Give]:
    """Every answer to a request with this header."""
    of = partial(_answer, header)
    return {
        "pass": partial(of, "CONTINUE", "R00"),
        "refer": partial(of, "REFER", "R17"),
        "fail": partial(of, "STOP", "R40"),
        "accept": partial(of, "ACCEPT", ""),
        "nodecision": partial(of, "NODECISION", ""),
        "unknown": partial(of, "PERHAPS", ""),
        "missing": partial(of, None, ""),
        "partial": partial(of, "CONTINUE", "", problem={"responseType": "ERROR", "responseCode": "P0915"}),
        "contradictory": partial(of, "CONTINUE", "", responseType="ERROR"),
        "mistaken": partial(of, "CONTINUE", "", clientReferenceId=str(uuid.uuid4())),
        "error": partial(of, None, "", responseType="ERROR", responseCode="R0203"),
        "broken": partial(of, "ERROR", ""),
    }


def _answer(
    header: dict[str, Any], decision: str | None, reason: str, *, problem: dict[str, str] | None = None, **changed: str
) -> Response:
    reasons = [reason] if reason else []
    overall = {"decision": decision, "score": 10, "decisionText": "", "decisionReasons": reasons}
    told = {
        "tenantID": header["tenantId"],
        "requestType": header["requestType"],
        "clientReferenceId": header["clientReferenceId"],
        "expRequestId": f"RB{uuid.uuid4().int % 10**12:012d}",
        "messageTime": stamp(),
        **({} if decision is None else {"overallResponse": overall}),
        "responseCode": "R0201",
        "responseType": "INFO",
        "responseMessage": "Workflow Complete.",
        "category": "",
        **changed,
    }
    element = {"serviceName": "PreciseId", "warningsErrors": [problem] if problem else [], "matches": []}
    payload = {"orchestrationDecisions": [], "decisionElements": [element]}
    return JSONResponse({"responseHeader": told, "clientResponsePayload": payload})
