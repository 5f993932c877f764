"""The sign-up pages: choose a way in, fill in the attribute page, and see what Entra would show."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from simulator.applicants import LANGUAGES, LOCALES, PROVIDERS, Applicant
from simulator.attributes import CUSTOM, LABELS
from simulator.flows import Flow
from simulator.pages.examples import example
from simulator.pages.rendering import page
from simulator.principal_names import is_mail_address
from simulator.sign_up import SignUp
from simulator.store import Document
from simulator.tenant import Tenant

LIMIT = 500


class SignUps:
    """Sign-ups that are under way; forgotten at a restart, the oldest first."""

    def __init__(self) -> None:
        self._running: dict[str, SignUp] = {}

    def add(self, run: SignUp) -> None:
        """Remember one."""
        self._running[run.id] = run
        while len(self._running) > LIMIT:
            del self._running[next(iter(self._running))]

    def get(self, key: str) -> SignUp | None:
        """One by id."""
        return self._running.get(key)


async def choose(request: Request) -> Response:
    """GET /signup: which application?"""
    tenant: Tenant = request.app.state.tenant
    return page(request, "signup_choose.html", flows=tenant.flows().flows)


async def start(request: Request) -> Response:
    """GET /signup/{slug}: with which account?"""
    flow = _flow(request)
    if flow is None:
        return page(request, "signup_gone.html", status=404)
    tenant: Tenant = request.app.state.tenant
    number = request.query_params.get("example", "")
    chosen = int(number) if number.isdecimal() else len(list(tenant.directory.users()))
    person = example(chosen)
    form = {**person._asdict(), "language": "en"}
    return _start_page(request, flow, form, following=chosen + 1, speaks=LANGUAGES[person.language])


async def begin(request: Request) -> Response:
    """POST /signup/{slug}: sign in with the provider, which makes Entra ask check-status."""
    flow = _flow(request)
    if flow is None:
        return page(request, "signup_gone.html", status=404)
    form = {name: str(value).strip() for name, value in (await request.form()).items()}
    provider = PROVIDERS.get(form.get("provider", ""))
    if provider is None or not is_mail_address(form.get("email", "")):
        problem = "Choose a way to sign in, and give an address such as maria@example.org."
        return _start_page(request, flow, form, problem=problem, status=400)
    locale = LOCALES.get(form.get("language", ""), "en-US")
    names = form.get("given_name", ""), form.get("surname", "")
    applicant = Applicant(provider, form["email"], *names, ui_locales=locale)
    run = SignUp(request.app.state.tenant, request.app.state.client, flow, applicant)
    await run.check()
    request.app.state.sign_ups.add(run)
    return _to_step(run)


async def step(request: Request) -> Response:
    """GET /signup/{slug}/{id}: where the sign-up stands."""
    run: SignUp | None = request.app.state.sign_ups.get(request.path_params["id"])
    if run is None:
        return page(request, "signup_gone.html", status=404)
    return _step_page(request, run)


async def submit(request: Request) -> Response:
    """POST /signup/{slug}/{id}: the attribute page was filled in, which makes Entra call submit."""
    run: SignUp | None = request.app.state.sign_ups.get(request.path_params["id"])
    if run is None:
        return page(request, "signup_gone.html", status=404)
    if run.state != "attributes":
        return _to_step(run)
    await run.submit(_attributes({name: str(value) for name, value in (await request.form()).items()}, run))
    return _to_step(run)


def _start_page(
    request: Request,
    flow: Flow,
    form: Mapping[str, str],
    *,
    following: int = 0,
    speaks: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    return page(
        request,
        "signup_start.html",
        status=status,
        flow=flow,
        form={"email": "", "given_name": "", "surname": "", "provider": "", "language": "", **form},
        providers=list(PROVIDERS.values()),
        languages=LANGUAGES,
        following=following,
        speaks=speaks,
        problem=problem,
    )


def _step_page(request: Request, run: SignUp) -> Response:
    tenant = run.tenant
    prefix = tenant.settings.extensions_app_id
    return page(
        request,
        f"signup_{run.state.replace('-', '_')}.html",
        run=run,
        flow=run.flow,
        built_in=[(name, LABELS[name]) for name in run.flow.attributes],
        custom=[(each, each.claim(prefix), each.kind.__name__) for each in CUSTOM],
        language=run.applicant.ui_locales.partition("-")[0],
    )


def _attributes(form: Mapping[str, str], run: SignUp) -> Document:
    """The attribute page's values in their JSON types."""
    values: Document = {name: form[name].strip() for name in run.flow.attributes if form.get(name, "").strip()}
    for attribute in CUSTOM:
        claim = attribute.claim(run.tenant.settings.extensions_app_id)
        text = form.get(claim, "").strip()
        if attribute.kind is bool:
            values[claim] = text == "on"
        elif text:
            values[claim] = int(text) if attribute.kind is int and text.isdecimal() else text
    return values


def _flow(request: Request) -> Flow | None:
    tenant: Tenant = request.app.state.tenant
    return tenant.flows().find(request.path_params["slug"])


def _to_step(run: SignUp) -> Response:
    return RedirectResponse(f"/signup/{run.flow.slug}/{run.id}", 303)
