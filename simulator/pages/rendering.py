"""Templates to answers, under a content security policy that allows no script at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from simulator.pages import wording
from simulator.tenant import Tenant

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action "
)
_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent.parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters.update(
    ago=wording.ago, moment=wording.moment, pretty=wording.pretty, pieces=wording.pieces, initials=wording.initials
)


def page(request: Request, template: str, *, status: int = 200, leaves: bool = False, **values: Any) -> HTMLResponse:
    """A page. `leaves` allows its form to end at another site, as a sign-in or a redemption does."""
    tenant: Tenant = request.app.state.tenant
    shared = {
        "product_url": tenant.flows().product_url,
        "domain": tenant.settings.tenant_domain,
        "pages_url": tenant.settings.pages_url,
        "path": request.url.path,
    }
    content = _TEMPLATES.get_template(template).render({**shared, **values})
    headers = {
        "Content-Security-Policy": _POLICY + ("'self' http: https:" if leaves else "'self'"),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return HTMLResponse(content, status, headers)
