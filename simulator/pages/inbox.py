"""The inbox page, and the mails in it."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from simulator.pages.rendering import page
from simulator.tenant import Tenant

VIEWS = ("html", "text", "headers", "source")
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
# A mail may bring its own inline style, but nothing that runs, loads or submits.
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'self'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox"
)


async def show(request: Request) -> Response:
    """GET /inbox, newest first; `?to=` keeps to one address."""
    tenant: Tenant = request.app.state.tenant
    everything = tenant.inbox.mails()
    to = request.query_params.get("to", "")
    addresses = sorted({address for mail in everything for address in mail["to"]})
    return page(request, "inbox.html", mails=tenant.inbox.mails(to)[::-1], to=to, addresses=addresses)


async def show_mail(request: Request) -> Response:
    """GET /inbox/{id}?view=: one mail, as HTML, as text, its headers or its source."""
    tenant: Tenant = request.app.state.tenant
    mail = tenant.inbox.mail(request.path_params["id"])
    if mail is None:
        return page(request, "inbox_gone.html", status=404)
    views = [view for view in VIEWS if view in {"headers", "source"} or mail[view]]
    wanted = request.query_params.get("view", "")
    return page(request, "mail.html", mail=mail, views=views, view=wanted if wanted in views else views[0])


async def show_html_part(request: Request) -> Response:
    """GET /inbox/{id}/html: the HTML part itself, for a frame in which nothing can run."""
    tenant: Tenant = request.app.state.tenant
    mail = tenant.inbox.mail(request.path_params["id"])
    if mail is None or not mail["html"]:
        return page(request, "inbox_gone.html", status=404)
    headers = {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return HTMLResponse(_opening_links_outside(mail["html"]), headers=headers)


def _opening_links_outside(html: str) -> str:
    base = '<base target="_blank">'
    head = _HEAD.search(html)
    return f"{html[: head.end()]}{base}{html[head.end() :]}" if head else f"{base}{html}"
