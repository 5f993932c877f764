"""The token endpoint: a token for the application, or for a person who has just signed in."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulator.graph.messages import GraphAnswer
from simulator.login.addresses import issuer, require_tenant, token_url
from simulator.login.clients import authenticate_client
from simulator.login.codes import Codes
from simulator.login.refusals import LoginError
from simulator.login.tokens import GRAPH, LIFETIME, application_token, person_tokens
from simulator.misbehaviour import broken_answer, hang_up, outlasts_stall
from simulator.store import Document
from simulator.tenant import Tenant

NEVER_CACHED = {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}


async def answer_token(request: Request) -> Response:
    """POST /{tenant}/oauth2/v2.0/token."""
    tenant: Tenant = request.app.state.tenant
    subject = f"{request.method} {request.url.path}"
    # The form is read before the stall: looking whether the caller is still there would swallow it.
    await request.body()
    if not await outlasts_stall(request, tenant.faults, subject, only_named=True):
        return Response(status_code=499)
    broken = broken_answer(tenant.faults, subject, only_named=True)
    if broken is not None:
        return _out_of_order(broken)
    answered = await _answer(request, tenant)
    lost = tenant.faults.take("lost_answer", subject, only_named=True)
    return await hang_up(request) if lost else answered


async def _answer(request: Request, tenant: Tenant) -> Response:
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        require_tenant(request, tenant)
        authenticate_client(tenant, form, token_url(request))
        answer = _grant(request, tenant, form)
    except LoginError as refusal:
        return JSONResponse(refusal.document(), refusal.status, NEVER_CACHED)
    return JSONResponse({"token_type": "Bearer", "expires_in": LIFETIME, **answer}, headers=NEVER_CACHED)


def _out_of_order(broken: GraphAnswer) -> Response:
    if isinstance(broken.body, str):
        return Response(broken.body, broken.status, broken.headers, media_type="text/html")
    document = {"error": "temporarily_unavailable", "error_description": "The service is temporarily unavailable."}
    return JSONResponse(document, broken.status, broken.headers)


def _grant(request: Request, tenant: Tenant, form: Mapping[str, str]) -> Document:
    if form.get("grant_type") == "client_credentials":
        _require_graph_scope(form.get("scope", ""), request.url.netloc, tenant)
        token = application_token(tenant, issuer(request, tenant))
        return {"ext_expires_in": LIFETIME, "access_token": token}
    if form.get("grant_type") == "authorization_code":
        return _grant_to_person(request, tenant, form)
    raise LoginError(70003)


def _grant_to_person(request: Request, tenant: Tenant, form: Mapping[str, str]) -> Document:
    codes: Codes = request.app.state.codes
    grant = codes.redeem(form)
    person = tenant.staff.get(grant.person_id)
    if person is None:
        raise LoginError(70000)
    tokens = person_tokens(tenant, issuer(request, tenant), person, grant.nonce)
    return {"scope": "openid profile email", **tokens}


def _require_graph_scope(scope: str, netloc: str, tenant: Tenant) -> None:
    """An application asks for everything it was granted at Graph, and for nothing else."""
    if not scope:
        raise LoginError(90014)
    if " " in scope.strip():
        raise LoginError(70011)
    resource, slash, rest = scope.strip().rpartition("/")
    if not slash or rest != ".default":
        raise LoginError(1002012)
    port = tenant.settings.https_port
    here = {netloc, f"localhost:{port}", f"127.0.0.1:{port}"}
    if resource.rstrip("/") != GRAPH and urlsplit(resource).netloc not in here:
        raise LoginError(500011)
