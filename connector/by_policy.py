"""The answers that a flow's policy leads to, at either step."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from approvals import workflow
from approvals.applicant import Applicant
from approvals.models import SignUpRequest, UserFlow
from approvals.policy import in_force
from approvals.policy.engine import Outcome, Step, Verdict
from approvals.workflow import Standing
from approvals.workflow.judged import Overtaken, claims_of, record
from approvals.workflow.submission import ATTEMPTS_TO_RECORD, CannotRecord, Kind
from connector import told
from connector.judging import Judged, judge
from connector.responses import ConnectorAnswer, Continue, ShowBlockPage, ValidationError
from connector.verification import asking


def at_check_status(flow: UserFlow, applicant: Applicant, standing: Standing, language: str) -> ConnectorAnswer | None:
    """A refusal, which is recorded, or Continue with the claims that prefill the form; None when the flow has no policy."""
    for _attempt in range(ATTEMPTS_TO_RECORD):
        judged = judge(flow, applicant, Step.CHECK_STATUS, standing.request)
        if judged is None:
            return None
        if judged.verdict.outcome is not Outcome.REFUSE:
            return Continue(judged.verdict.claims)
        try:
            return _recorded(flow, applicant, judged, language)
        except Overtaken:
            standing = workflow.check_status(flow, applicant)
            if standing.kind is Kind.MAY_CONTINUE:
                return Continue()
            if standing.kind is not Kind.NEW:
                return ShowBlockPage(told.of(flow, standing, language))
    raise CannotRecord


def at_submit(flow: UserFlow, applicant: Applicant, language: str) -> ConnectorAnswer | None:
    """What the policy leads to for somebody who may ask; None when the flow has no policy, or the applicant's request stands."""
    if in_force.compiled(flow.pk) is None:
        return None
    judged = None
    for _attempt in range(ATTEMPTS_TO_RECORD):
        standing = workflow.check_status(flow, applicant)
        if standing.kind is not Kind.NEW:
            return None
        # Nobody waits for the service twice.
        answer = judged.answer if judged else None
        judged = judge(flow, applicant, Step.SUBMIT, standing.request, answer)
        if judged is None:
            return None
        if judged.verdict.outcome is Outcome.CORRECT:
            return ValidationError(told.to_correct_by_policy(flow, judged.verdict.corrections, language))
        if judged.may_try_again:
            return ValidationError(told.not_verified(flow, language))
        try:
            return _recorded(flow, applicant, judged, language)
        except Overtaken:
            continue
    raise CannotRecord


def claims(flow: UserFlow, standing: Standing) -> dict[str, Any]:
    """What the policy has set for somebody whom a person approved."""
    if standing.request is None or in_force.compiled(flow.pk) is None:
        return {}
    return claims_of(standing.request)


def _recorded(flow: UserFlow, applicant: Applicant, judged: Judged, language: str) -> ConnectorAnswer:
    """The answer, once everything is durable. Raises Overtaken."""
    beside = partial(asking.attach, judged.answer) if judged.answer else _nothing
    decided = record(flow, applicant, judged.judgement, beside=beside)
    verdict = judged.verdict
    if verdict.outcome is Outcome.APPROVE and not decided.is_new:
        verdict = replace(verdict, claims=claims_of(decided.request))
    return answer_to(flow, verdict, decided.request, language)


def _nothing(_request: SignUpRequest) -> None:
    """There was no verification."""


def answer_to(flow: UserFlow, verdict: Verdict, request: SignUpRequest, language: str) -> ConnectorAnswer:
    """What is told of a verdict; `request` is the one that it was recorded as, if it is of a kind that is recorded."""
    if verdict.outcome in (Outcome.APPROVE, Outcome.CONTINUE):
        return Continue(verdict.claims)
    if verdict.outcome is Outcome.CORRECT:
        return ValidationError(told.to_correct_by_policy(flow, verdict.corrections, language))
    if verdict.outcome is Outcome.REFUSE:
        return ShowBlockPage(told.refusal(flow, verdict, language, request.reference))
    return ShowBlockPage(told.of(flow, Standing(Kind.RECORDED, request), language))
