"""The control API: what tests and scripts look at and set, as JSON."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulator.applicants import LOCALES, PROVIDERS, Applicant
from simulator.connector_client import ConnectorAnswer
from simulator.graph.quota import TOLD_TO
from simulator.guests import new_guest
from simulator.refusals import GraphError
from simulator.sign_up import SignUp
from simulator.store import Document
from simulator.tenant import Tenant


class Misused(Exception):
    """A request that the control API cannot make sense of."""


async def ready(request: Request) -> Response:
    """GET /control/ready: 200 once all listeners are up."""
    up: bool = request.app.state.tenant.listening
    return JSONResponse({"ready": up}, 200 if up else 503)


async def directory(request: Request) -> Response:
    """GET /control/directory: every object in full."""
    tenant: Tenant = request.app.state.tenant
    everybody = [*tenant.directory.users(), *tenant.directory.deleted_users()]
    users = [
        {**user, "groups": [group["id"] for group in tenant.directory.groups_of(user["id"])]} for user in everybody
    ]
    return JSONResponse({"users": users, "groups": list(tenant.directory.groups())})


async def put_users(request: Request) -> Response:
    """POST /control/users: a user or a list of them; what is left out is filled in as for a guest."""
    tenant: Tenant = request.app.state.tenant
    documents = await _documents(request)
    if any(not (each.get("mail") or each.get("userPrincipalName")) for each in documents):
        raise Misused("a user has a mail or a userPrincipalName")
    return JSONResponse([_put_user(tenant, each) for each in documents], 201)


async def put_groups(request: Request) -> Response:
    """POST /control/groups: a group or a list of them."""
    tenant: Tenant = request.app.state.tenant
    return JSONResponse([tenant.directory.put_group(each) for each in await _documents(request)], 201)


async def staff(request: Request) -> Response:
    """GET /control/staff."""
    return JSONResponse(list(request.app.state.tenant.staff))


async def put_staff(request: Request) -> Response:
    """POST /control/staff: a person or a list of them, with `name`, `userPrincipalName`, `roles`, `groups`."""
    tenant: Tenant = request.app.state.tenant
    people = await _documents(request)
    if any(not {"name", "userPrincipalName"} <= set(person) for person in people):
        raise Misused("a person has a name and a userPrincipalName")
    return JSONResponse([tenant.staff.put(person) for person in people], 201)


async def inbox(request: Request) -> Response:
    """GET /control/inbox?to=: mails, oldest first."""
    tenant: Tenant = request.app.state.tenant
    return JSONResponse(tenant.inbox.mails(request.query_params.get("to")))


async def graph_calls(request: Request) -> Response:
    """GET /control/graph-calls: oldest first."""
    return JSONResponse(request.app.state.tenant.graph_calls.entries())


async def quota(request: Request) -> Response:
    """GET /control/quota: what was written, and what was refused."""
    return JSONResponse(request.app.state.tenant.quota.told())


async def use_quota(request: Request) -> Response:
    """POST /control/quota: `used`, from 0 to 1.8, as if others had used so much of it."""
    tenant: Tenant = request.app.state.tenant
    used = (await _document(request)).get("used")
    if isinstance(used, bool) or not isinstance(used, int | float) or not 0 <= used <= TOLD_TO:
        raise Misused(f"used is a number from 0 to {TOLD_TO}")
    tenant.quota.use(used)
    return JSONResponse(tenant.quota.told())


async def connector_calls(request: Request) -> Response:
    """GET /control/connector-calls: oldest first."""
    return JSONResponse(request.app.state.tenant.connector_calls.entries())


async def vendor_calls(request: Request) -> Response:
    """GET /control/vendor-calls: what the verification services were asked, and answered; oldest first."""
    return JSONResponse(request.app.state.tenant.vendor_calls.entries())


async def sign_up(request: Request) -> Response:
    """POST /control/signup: run a sign-up, and answer what the connector said at each step."""
    body = await _document(request)
    run = _sign_up(request, body)
    step = body.get("step", "both")
    if step not in {"check-status", "submit", "both"}:
        raise Misused("step is check-status, submit or both")
    if step != "submit":
        await run.check()
    if step == "submit" or (step == "both" and run.state == "attributes"):
        await run.submit(run.attributes)
    return JSONResponse(
        {
            "outcome": "validation-error" if run.state == "attributes" and run.message else run.state,
            "message": run.message,
            "why": run.why,
            "user_id": run.user_id,
            "check_status": _told(run.answers.get("check-status")),
            "submit": _told(run.answers.get("submit")),
        }
    )


async def faults(request: Request) -> Response:
    """GET /control/faults: what is on."""
    return JSONResponse(request.app.state.tenant.faults.active())


async def add_fault(request: Request) -> Response:
    """POST /control/faults: `kind`, and optionally `count`, `match`, `value`."""
    tenant: Tenant = request.app.state.tenant
    body = await _document(request)
    if unknown := set(body) - {"kind", "count", "match", "value"}:
        raise Misused(f"unknown: {', '.join(sorted(unknown))}")
    try:
        tenant.faults.add(str(body.get("kind")), body.get("count"), body.get("match"), body.get("value"))
    except ValueError as mistake:
        raise Misused(str(mistake)) from mistake
    return JSONResponse(tenant.faults.active(), 201)


async def clear_faults(request: Request) -> Response:
    """DELETE /control/faults: all off, or with `?kind=` those of one kind, or with `?id=` one of them."""
    tenant: Tenant = request.app.state.tenant
    asked = request.query_params
    if "id" in asked:
        tenant.faults.remove(asked["id"])
    else:
        tenant.faults.clear(asked.get("kind"))
    return Response(status_code=204)


async def replace_client_secret(request: Request) -> Response:
    """POST /control/client-secret: the present one expires; `secret` takes its place, or null for none yet."""
    tenant: Tenant = request.app.state.tenant
    secret = (await _document(request)).get("secret")
    if secret is not None and (not isinstance(secret, str) or not secret or tenant.client_secrets.has_expired(secret)):
        raise Misused("secret is a text that was no secret before, or null")
    tenant.client_secrets.replace(secret)
    return Response(status_code=204)


async def reset(request: Request) -> Response:
    """POST /control/reset: an empty tenant."""
    request.app.state.tenant.reset()
    return Response(status_code=204)


async def misused(request: Request, mistake: Exception) -> Response:
    """The answer to a request that makes no sense, or that the directory refuses."""
    text = mistake.message if isinstance(mistake, GraphError) else str(mistake)
    return JSONResponse({"error": text}, 400)


ROUTES = [
    Route("/control/ready", ready),
    Route("/control/directory", directory),
    Route("/control/users", put_users, methods=["POST"]),
    Route("/control/groups", put_groups, methods=["POST"]),
    Route("/control/staff", staff),
    Route("/control/staff", put_staff, methods=["POST"]),
    Route("/control/inbox", inbox),
    Route("/control/graph-calls", graph_calls),
    Route("/control/quota", quota),
    Route("/control/quota", use_quota, methods=["POST"]),
    Route("/control/connector-calls", connector_calls),
    Route("/control/vendor-calls", vendor_calls),
    Route("/control/signup", sign_up, methods=["POST"]),
    Route("/control/faults", faults),
    Route("/control/faults", add_fault, methods=["POST"]),
    Route("/control/faults", clear_faults, methods=["DELETE"]),
    Route("/control/client-secret", replace_client_secret, methods=["POST"]),
    Route("/control/reset", reset, methods=["POST"]),
]


def _put_user(tenant: Tenant, document: Document) -> Document:
    if document.get("mail"):
        return tenant.directory.add_user(new_guest(tenant.directory, document["mail"], document))
    without_mail = {"mail": None, "proxyAddresses": [], **document}
    return tenant.directory.add_user(new_guest(tenant.directory, document["userPrincipalName"], without_mail))


def _sign_up(request: Request, body: Document) -> SignUp:
    tenant: Tenant = request.app.state.tenant
    flow = tenant.flows().find(str(body.get("flow")))
    provider = PROVIDERS.get(str(body.get("provider", "google")))
    if flow is None or provider is None or not isinstance(body.get("email"), str):
        raise Misused(f"needs a known flow, an email and a provider of {', '.join(PROVIDERS)}")
    locale = str(body.get("ui_locales", "en-US"))
    claims = body.get("claims") or {}
    if not isinstance(claims, dict):
        raise Misused("claims is a JSON object")
    names = [claims.get("givenName"), claims.get("surname", claims.get("lastName"))]
    given_name, surname = (name if isinstance(name, str) else "" for name in names)
    applicant = Applicant(provider, body["email"], given_name, surname, LOCALES.get(locale, locale))
    run = SignUp(tenant, request.app.state.client, flow, applicant, extra=claims)
    # In a whole sign-up the first step tells no more than Entra would: the provider's names.
    run.extra_at_check = claims if body.get("step") == "check-status" else {}
    return run


def _told(answer: ConnectorAnswer | None) -> Document | None:
    if answer is None:
        return None
    return {
        "status": answer.status,
        "json": answer.body,
        "attempts": answer.attempts,
        "verdict": answer.verdict,
    }


async def _document(request: Request) -> Document:
    body = await _json(request)
    if not isinstance(body, dict):
        raise Misused("the body is a JSON object")
    return body


async def _documents(request: Request) -> list[Document]:
    body = await _json(request)
    documents = body if isinstance(body, list) else [body]
    if not all(isinstance(each, dict) for each in documents):
        raise Misused("the body is a JSON object, or a list of them")
    return documents


async def _json(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError:
        raise Misused("the body is not JSON") from None
