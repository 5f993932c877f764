"""IDology ExpectID: a form in, XML out, with status 200 for errors, too."""

from __future__ import annotations

import random
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from simulator.tenant import Tenant
from simulator.vendors.answers import Give, chosen, given

REQUIRED = ("firstName", "lastName", "address", "zip")
OPTIONAL = {
    *("city", "state", "ssnLast4", "ssn", "dobMonth", "dobDay", "dobYear", "ipAddress", "email", "telephone"),
    *("sku", "uid", "altAddress", "altCity", "altState", "altZip"),
}
LETTERS_OF_A_STATE = 2


async def answer_idology(request: Request) -> Response:
    """POST /idology/api/idiq.svc."""
    tenant: Tenant = request.app.state.tenant
    form = {name: str(value) for name, value in (await request.form()).items()}
    problem = _problem(tenant, request, form)
    surname = form.get("lastName", "")
    answer = "" if problem else chosen(tenant, "idology", surname, ANSWERS)
    sent = {name: value for name, value in form.items() if name not in ("username", "password")}
    tenant.vendor_calls.record(vendor="idology", sent=sent, answer=answer, refused=problem)
    return _error(problem) if problem else await given(request, answer, ANSWERS)


def _problem(tenant: Tenant, request: Request, form: dict[str, str]) -> str:
    """What IDology would not take; empty for nothing."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return "Unsupported content type"
    settings = tenant.settings
    if (form.get("username"), form.get("password")) != (settings.idology_username, settings.idology_password):
        return "Invalid username and password"
    if missing := [name for name in REQUIRED if not form.get(name, "").strip()]:
        return f"Missing field: {', '.join(missing)}"
    if unknown := form.keys() - {"username", "password", *REQUIRED} - OPTIONAL:
        return f"Unknown field: {', '.join(sorted(unknown))}"
    if len(form.get("state", "XX")) != LETTERS_OF_A_STATE:
        return "State must be two letters"
    return ""


def _xml(inside: str, *, number: bool = True, before: str = "") -> Response:
    reference = f"<id-number>{random.randrange(2 * 10**9, 3 * 10**9)}</id-number>" if number else ""  # noqa: S311
    text = f'<?xml version="1.0"?>{before}<response>{reference}{inside}</response>'
    return Response(text, media_type="text/xml")


def _error(text: str, name: str = "error") -> Response:
    return _xml(f"<{name}>{text}</{name}>", number=False)


def _summary(key: str, message: str) -> str:
    return f"<summary-result><key>{key}</key><message>{message}</message></summary-result>"


def _results(key: str, message: str) -> str:
    return f"<results><key>{key}</key><message>{message}</message></results>"


def _qualifiers(*pairs: tuple[str, str]) -> str:
    each = "".join(f"<qualifier><key>{key}</key><message>{message}</message></qualifier>" for key, message in pairs)
    return f"<qualifiers>{each}</qualifiers>"


SUCCESS, FAILURE = _summary("id.success", "PASS"), _summary("id.failure", "FAIL")
LOCATED, NOT_LOCATED = _results("result.match", "ID Located"), _results("result.no.match", "ID Not Located")
ADDRESS = _qualifiers(("resultcode.address.does.not.match", "Address Does Not Match"))
MINOR = _qualifiers(("resultcode.coppa.alert", "COPPA Alert"))
NO_QUESTIONS = "<idliveq-error><key>id.not.eligible.for.questions</key><message>Not Eligible For Questions</message></idliveq-error>"
DTD = "<!DOCTYPE response>"
BOMB = '<!DOCTYPE response [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
EXTERNAL = '<!DOCTYPE response [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


def _of(*parts: str, **more: Any) -> Give:
    return partial(_xml, "".join(parts), **more)


ANSWERS: dict[str, Give] = {
    "pass": _of(SUCCESS, LOCATED, "<idnotescore>0</idnotescore>"),
    "address": _of(SUCCESS, LOCATED, ADDRESS),
    "minor": _of(SUCCESS, LOCATED, MINOR),
    "fail": _of(FAILURE, NOT_LOCATED, NO_QUESTIONS),
    "refer": _of(_summary("id.partial", "PARTIAL"), LOCATED, ADDRESS),
    "restricted": _of(SUCCESS, _results("result.match.restricted", "ID Located, Restricted")),
    "unclear": _of(_results("result.not.enough.info", "Not Enough Information")),
    "nosummary": _of(LOCATED),
    "contradictory": _of(SUCCESS, NOT_LOCATED),
    "unknown": _of(_summary("id.whatever", "WHATEVER"), LOCATED),
    "error": partial(_error, "Your IP address is not registered"),
    "failed": partial(_error, "Down for maintenance", "failed"),
    "dtd": _of(SUCCESS, LOCATED, before=DTD),
    "bomb": _of("&c;", SUCCESS, LOCATED, before=BOMB),
    "external": _of("&a;", SUCCESS, LOCATED, before=EXTERNAL),
}
