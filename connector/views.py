"""The endpoints that Entra calls during sign-up. They never answer Continue for somebody who was not approved."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps

import structlog

from approvals import workflow
from approvals.models import UserFlow
from approvals.texts import block_text, date_text, validation_text
from approvals.workflow import Standing
from approvals.workflow.submission import Kind
from connector import metrics, outages, patience, unusable
from connector.authentication import WrongCredentials, authenticate
from connector.call import Call, Environ
from connector.claims import Correctable, SignUp
from connector.gate import Busy, gate
from connector.responses import (
    ConnectorAnswer,
    Continue,
    MethodNotAllowed,
    ShowBlockPage,
    Unauthorised,
    ValidationError,
)

log = structlog.get_logger(__name__)

Endpoint = Callable[[UserFlow, SignUp, str], ConnectorAnswer]
LONGEST_MESSAGE = 300


def endpoint(step: str) -> Callable[[Endpoint], Callable[..., ConnectorAnswer]]:
    """Make an address that Entra may call of a function that knows the flow, the sign-up and the applicant's language.

    Whatever breaks behind it, the answer is a block page that asks to try again later.
    """

    def decorate(function: Endpoint) -> Callable[..., ConnectorAnswer]:
        @wraps(function)
        def view(environ: Environ, flow: str | None = None) -> ConnectorAnswer:
            if environ["REQUEST_METHOD"] != "POST":
                return MethodNotAllowed()
            call, began = Call.read(environ), time.monotonic()
            try:
                with gate.entered(), patience.bounded(began) as database:
                    outages.memory.let_pass()
                    if not database.in_atomic_block:
                        # As Django does at the start of a request of its own.
                        database.close_if_unusable_or_obsolete()
                    answer = _answer(function, environ, flow, step, call)
            except (Busy, outages.Resting) as error:
                # Not tried. There may be thousands of these.
                log.warning("connector_not_tried", step=step, cause=outages.note(error, step))
                answer = try_again_later(call.language())
            except Exception as error:
                cause = outages.note(error, step, time.monotonic() - began)
                log.exception("connector_failed", step=step, flow=flow, cause=cause)
                answer = try_again_later(call.language())
            else:
                outages.memory.served()
            metrics.answers.labels(step=step, answer=type(answer).__name__).inc()
            return answer

        return view

    return decorate


def _answer(function: Endpoint, environ: Environ, flow_slug: str | None, step: str, call: Call) -> ConnectorAnswer:
    try:
        flow = authenticate(environ, flow_slug)
    except WrongCredentials:
        log.warning("connector_unauthorised", step=step)
        return Unauthorised()
    language = call.language(flow.language)
    if call.sign_up is None:
        metrics.unusable.labels(step=step, code=call.unusable).inc()
        unusable.keep(flow, step, call)
        return ShowBlockPage(block_text(flow, "problem", language, code=call.unusable))
    answer = function(flow, call.sign_up, language)
    log.info("connector_call", step=step, flow=flow.slug, answer=type(answer).__name__)
    return answer


@endpoint("check-status")
def check_status(flow: UserFlow, sign_up: SignUp, language: str) -> ConnectorAnswer:
    """After the applicant signed in with an identity provider: may they go on to the form?"""
    standing = workflow.check_status(flow, sign_up.applicant)
    if standing.kind in (Kind.NEW, Kind.MAY_CONTINUE):
        return Continue()
    return ShowBlockPage(_told(flow, standing, language))


@endpoint("submit")
def submit(flow: UserFlow, sign_up: SignUp, language: str) -> ConnectorAnswer:
    """Before the account would be made: record the request. Continue only for somebody approved in an *on return* flow."""
    if sign_up.corrections and _is_still_asking(flow, sign_up):
        return ValidationError(_to_correct(flow, sign_up.corrections, language))
    standing = workflow.submit(flow, sign_up.applicant)
    if standing.kind is Kind.MAY_CONTINUE:
        return Continue()
    return ShowBlockPage(_told(flow, standing, language))


def _is_still_asking(flow: UserFlow, sign_up: SignUp) -> bool:
    """Whether the applicant's answers matter: not to somebody who was denied or approved already."""
    return workflow.check_status(flow, sign_up.applicant).kind in (Kind.NEW, Kind.WAITING)


def _to_correct(flow: UserFlow, corrections: tuple[Correctable, ...], language: str) -> str:
    """What to mend, as many sentences as fit."""
    told = ""
    for problem in corrections:
        limit = "" if problem.limit is None else str(problem.limit)
        sentence = validation_text(flow, problem.code, language, field=problem.field, limit=limit)
        if told and len(told) + len(sentence) >= LONGEST_MESSAGE:
            break
        told = f"{told} {sentence}".strip()
    return told


def _told(flow: UserFlow, standing: Standing, language: str) -> str:
    """The block page's text for where the applicant stands."""
    request, key, values = standing.request, standing.kind.value, dict[str, str]()
    if request is not None:
        values = {"reference": request.reference, "since": date_text(request.submitted_at, language)}
    if standing.kind is Kind.DENIED and request is not None:
        values["reason"] = request.reason
        again = request.may_ask_again_at()
        if again is not None:
            key, values["date"] = "denied_may_reapply", date_text(again, language)
    return block_text(flow, key, language, **values)


def try_again_later(language: str) -> ShowBlockPage:
    """The answer to our own failure. Needs neither database nor flow."""
    return ShowBlockPage(block_text(None, "try_again", language))
