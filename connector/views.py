"""The endpoints that Entra calls during sign-up. They never answer Continue for somebody who was not approved."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps

import structlog

from approvals import workflow
from approvals.models import UserFlow
from approvals.texts import block_text
from approvals.workflow.submission import Kind
from connector import by_policy, metrics, outages, patience, told, unusable
from connector.authentication import WrongCredentials, authenticate
from connector.call import Call, Environ
from connector.claims import SignUp
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
    if standing.kind is Kind.MAY_CONTINUE:
        return Continue()
    if standing.kind is not Kind.NEW:
        return ShowBlockPage(told.of(flow, standing, language))
    return by_policy.at_check_status(flow, sign_up.applicant, standing, language) or Continue()


@endpoint("submit")
def submit(flow: UserFlow, sign_up: SignUp, language: str) -> ConnectorAnswer:
    """Before the account would be made: record the request.

    Continue only for somebody who was approved: by a person in an *on return* flow, or by the flow's policy.
    """
    if sign_up.corrections and _is_still_asking(flow, sign_up):
        return ValidationError(told.to_correct(flow, sign_up.corrections, language))
    answer = by_policy.at_submit(flow, sign_up.applicant, language)
    if answer is not None:
        return answer
    standing = workflow.submit(flow, sign_up.applicant)
    if standing.kind is Kind.MAY_CONTINUE:
        return Continue(by_policy.claims(flow, standing))
    return ShowBlockPage(told.of(flow, standing, language))


def _is_still_asking(flow: UserFlow, sign_up: SignUp) -> bool:
    """Whether the applicant's answers matter: not to somebody who was denied or approved already."""
    return workflow.check_status(flow, sign_up.applicant).kind in (Kind.NEW, Kind.WAITING)


def try_again_later(language: str) -> ShowBlockPage:
    """The answer to our own failure. Needs neither database nor flow."""
    return ShowBlockPage(block_text(None, "try_again", language))
