"""The page on which a member of staff signs in, and the way out."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from simulator.login.addresses import require_tenant
from simulator.login.clients import require_known_client
from simulator.login.codes import Codes
from simulator.login.refusals import LoginError
from simulator.pages.rendering import page
from simulator.tenant import Tenant

_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


async def show_sign_in(request: Request) -> Response:
    """GET /{tenant}/oauth2/v2.0/authorize: choose who you are."""
    tenant: Tenant = request.app.state.tenant
    question = dict(request.query_params)
    try:
        _check(request, tenant, question)
    except LoginError as refusal:
        return page(request, "sign_in_refused.html", status=refusal.status, refusal=refusal)
    return page(request, "sign_in.html", leaves=True, people=list(tenant.staff), question=question)


async def choose_person(request: Request) -> Response:
    """POST /{tenant}/oauth2/v2.0/authorize: back to the application, with a code or an error."""
    tenant: Tenant = request.app.state.tenant
    form = {name: str(value) for name, value in (await request.form()).items()}
    try:
        _check(request, tenant, form)
    except LoginError as refusal:
        return page(request, "sign_in_refused.html", status=refusal.status, refusal=refusal)
    if tenant.staff.get(form.get("person", "")) is None:
        denied = {"error": "access_denied", "error_description": "The user cancelled the sign-in."}
        return _back(form, denied)
    codes: Codes = request.app.state.codes
    return _back(form, {"code": codes.issue(form["person"], form)})


async def sign_out(request: Request) -> Response:
    """GET or POST /{tenant}/oauth2/v2.0/logout: we keep no session, so there is only the way back."""
    tenant: Tenant = request.app.state.tenant
    target = request.query_params.get("post_logout_redirect_uri", "")
    if target and _is_registered(target, tenant):
        return RedirectResponse(target, 302)
    return page(request, "signed_out.html")


def _check(request: Request, tenant: Tenant, question: Mapping[str, str]) -> None:
    require_tenant(request, tenant)
    require_known_client(tenant, question.get("client_id", ""))
    if not _is_registered(question.get("redirect_uri", ""), tenant):
        raise LoginError(50011)
    wanted = question.get("response_type"), question.get("response_mode", "query")
    if wanted != ("code", "query") or "openid" not in question.get("scope", "").split():
        raise LoginError(90014)


def _is_registered(redirect_uri: str, tenant: Tenant) -> bool:
    """The product's own address, and anything on this machine."""
    target = urlsplit(redirect_uri)
    product = urlsplit(tenant.flows().product_url or "")
    same = (target.scheme, target.netloc) == (product.scheme, product.netloc)
    return target.scheme in {"http", "https"} and (same or target.hostname in _LOOPBACK)


def _back(question: Mapping[str, str], answer: Mapping[str, str]) -> Response:
    state = {"state": question["state"]} if "state" in question else {}
    joint = "&" if urlsplit(question["redirect_uri"]).query else "?"
    # 303, so that the browser does not post the form to the application.
    return RedirectResponse(f"{question['redirect_uri']}{joint}{urlencode({**answer, **state})}", 303)
