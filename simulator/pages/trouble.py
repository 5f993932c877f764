"""The page with switches for misbehaviour, in plain words."""

from __future__ import annotations

from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from simulator.faults import NEEDS_NUMBER, Value
from simulator.pages.rendering import page
from simulator.tenant import Tenant


class Trouble(NamedTuple):
    """A switch: `value` is the label of its value, `default` what it starts with, `where` whether it can be narrowed."""

    kind: str
    title: str
    explanation: str
    value: str = ""
    default: str = ""
    where: bool = False


class Section(NamedTuple):
    """Switches that belong together; `often` is what they usually stay on for."""

    title: str
    often: str
    troubles: tuple[Trouble, ...]


SECTIONS = (
    Section(
        "Microsoft Graph is unwell",
        "1",
        (
            Trouble("throttle", "Too busy", "Answers 429 and says when to come back.", "Seconds to wait", "1.5", True),
            Trouble("unavailable", "Down", "Answers with an error page.", "Status, 500 to 504", "503", True),
            Trouble("hang", "Slow", "Keeps the caller waiting before it answers.", "Seconds", "30", True),
            Trouble("lost_answer", "Answers get lost", "Does the work, then hangs up without a word.", where=True),
            Trouble("replication_lag", "Late replicas", "A new guest cannot be found at first.", "Seconds", "10"),
        ),
    ),
    Section(
        "The tenant is not set up right",
        "",
        (
            Trouble("expired_secret", "Expired secret", "Sign-in refuses the client secret as expired."),
            Trouble("wrong_secret", "Wrong secret", "Sign-in refuses the client secret as wrong."),
            Trouble("rejected_token", "Rejected token", "Graph does not accept the access token any more."),
            Trouble("missing_permission", "Missing consent", "Nobody granted the application its permissions."),
            Trouble("invitations_forbidden", "No invitations", "A tenant setting forbids applications to invite."),
            Trouble(
                "blocked_domain",
                "Blocked domain",
                "Addresses of one domain may not be invited.",
                "Domain",
                "example.org",
            ),
        ),
    ),
    Section(
        "Identity verification says something else",
        "1",
        (
            Trouble(
                "verification",
                "Another answer",
                "A surname such as Fail, Refer or Hang gets that answer; this gives it to everybody.",
                "Answer: fail, refer, error, hang, 500",
                "fail",
            ),
        ),
    ),
    Section(
        "Mail does not get through",
        "1",
        (
            Trouble(
                "smtp_refuse",
                "Refused",
                "The mail server refuses the recipient.",
                "451 later, 550 never",
                "451",
            ),
            Trouble("smtp_hang", "Slow", "The mail server stalls before it takes a recipient.", "Seconds", "30"),
            Trouble("smtp_drop_after_data", "Cut off", "Takes the mail, then hangs up without saying so."),
        ),
    ),
)
PLACES = {
    "": "every call",
    "POST /v1.0/users": "creating a guest",
    "POST /v1.0/invitations": "inviting a guest",
    "PATCH /v1.0/users": "writing attributes",
    "/members": "group membership",
    "/token": "signing in",
}
COUNTS = {"1": "once", "3": "three times", "": "until stopped"}


async def show(request: Request) -> Response:
    """GET /trouble."""
    return _page(request)


async def switch_on(request: Request) -> Response:
    """POST /trouble: switch one on."""
    tenant: Tenant = request.app.state.tenant
    form = {name: str(text).strip() for name, text in (await request.form()).items()}
    try:
        count = int(form["count"]) if form.get("count") else None
        value = _value(form.get("kind", ""), form.get("value", ""))
        tenant.faults.add(form.get("kind", ""), count, form.get("match") or None, value)
    except ValueError as mistake:
        return _page(request, problem=str(mistake), status=400)
    return RedirectResponse("/trouble", 303)


async def switch_off(request: Request) -> Response:
    """POST /trouble/off: switch one kind off, or all."""
    tenant: Tenant = request.app.state.tenant
    tenant.faults.clear(str((await request.form()).get("kind", "")) or None)
    return RedirectResponse("/trouble", 303)


def _value(kind: str, text: str) -> Value:
    return float(text) if text and kind in NEEDS_NUMBER else text or None


def _page(request: Request, *, problem: str = "", status: int = 200) -> Response:
    tenant: Tenant = request.app.state.tenant
    titles = {each.kind: f"{section.title}: {each.title.lower()}" for section in SECTIONS for each in section.troubles}
    return page(
        request,
        "trouble.html",
        status=status,
        sections=SECTIONS,
        places=PLACES,
        counts=COUNTS,
        active=tenant.faults.active(),
        titles=titles,
        problem=problem,
    )
