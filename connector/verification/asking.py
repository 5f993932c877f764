"""Verifying an applicant: once for the same inputs, within a budget of time, and never with an exception for an answer."""

from __future__ import annotations

import time
from dataclasses import dataclass

import structlog
from django.db import transaction

from approvals import audit
from approvals.applicant import Applicant
from approvals.models import Action, SignUpRequest, UserFlow, Verification
from connector import metrics, patience
from connector.gate import gate
from connector.models import VerificationService
from connector.verification import questions, registry
from connector.verification.base import Answer, Inputs, NoAnswer, Outcome, Settings, Vendor
from connector.verification.circuit import circuit
from connector.verification.questions import Question
from connector.verification.sealing import SealBroken, Unsealed, digests

# Well below the time after which whoever asks is taken for dead.
LONGEST_SECONDS = 40.0
FIRST_LOOK_SECONDS, LONGEST_LOOK_SECONDS = 0.05, 0.5

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Case:
    """A question with all that is needed to ask it."""

    service: VerificationService
    vendor: Vendor
    settings: Settings
    inputs: Inputs


def verify(flow: UserFlow, applicant: Applicant, *, budget: float | None = None) -> Answer:
    """What the flow's service says of the applicant, within `budget` seconds, else within the service's own budget.

    A conclusive answer is kept: the same applicant with the same inputs gets it again, and the service is not asked.
    Whoever comes while it is being asked waits for that answer, and pays for none. Whatever goes wrong, at the service or
    with its settings, the answer is *unavailable*, with a code. Not to be called inside a transaction.
    """
    service = VerificationService.objects.select_related("flow").filter(flow=flow).first()
    if service is None:
        return Answer.unavailable("not_set_up")
    seconds = service.budget_seconds if budget is None else min(budget, LONGEST_SECONDS)
    deadline = time.monotonic() + seconds
    with gate.left():
        return _verify(service, applicant, deadline)


def kept(flow: UserFlow, applicant: Applicant) -> Answer:
    """What `verify` has last found out of the applicant with these inputs. Asks nobody."""
    service = VerificationService.objects.select_related("flow").filter(flow=flow).first()
    if service is None:
        return Answer.unavailable("not_set_up")
    case, answer = _prepare(service, applicant)
    known = questions.find(_question(service, applicant, case))
    return questions.answer_of(known) if known else answer


def failures(flow: UserFlow, applicant: Applicant) -> int:
    """With how many different inputs the applicant's verification has failed."""
    return Verification.objects.filter(flow=flow, applicant_key=applicant.key, outcome=Outcome.FAILED).count()


def attach(answer: Answer, request: SignUpRequest) -> bool:
    """Let the request show this answer, and the applicant's earlier ones that no request shows.

    True when it did not show it yet: then the audit trail says so. The second time nothing happens.
    """
    with transaction.atomic():
        if answer.verification is None or not link(answer, request):
            return False
        row = Verification.objects.get(pk=answer.verification)
        if row.outcome != Outcome.ASKING:
            audit.record(Action.VERIFIED, request=request, **questions.facts(questions.answer_of(row), row.vendor))
    return True


def link(answer: Answer, request: SignUpRequest) -> bool:
    """What `attach` does, without a word in the audit trail."""
    of_applicant = Verification.objects.filter(flow=request.flow_id, applicant_key=request.applicant_key)
    this_one = of_applicant.filter(pk=answer.verification) if answer.verification else of_applicant.none()
    shown = this_one.exclude(request=request).update(request=request) == 1
    of_applicant.filter(request=None).update(request=request)
    return shown


def _verify(service: VerificationService, applicant: Applicant, deadline: float) -> Answer:
    case, answer = _prepare(service, applicant)
    question = _question(service, applicant, case)
    known = questions.find(question)
    if known is not None and (kept := questions.answer_of(known)).is_conclusive:
        return kept
    claimed = questions.claim(question, known)
    if claimed is None:
        return _wait(question, deadline)
    if case is not None:
        answer = _ask(case, deadline)
    return questions.conclude(claimed, answer)


def _prepare(service: VerificationService, applicant: Applicant) -> tuple[Case | None, Answer]:
    """What is to be asked; or None, and why there is nothing to ask."""
    try:
        vendor = registry.vendor(service.kind)
        defaults = {field.name: field.default for field in vendor.fields}
        settings = Unsealed({**defaults, **service.settings()})
        return Case(service, vendor, settings, vendor.inputs(applicant, settings)), Answer.unavailable("not_asked")
    except SealBroken:
        problem = "settings_unreadable"
    except registry.UnknownService:
        problem = "service_unknown"
    except Exception:
        log.exception("verification_broke", flow=service.flow.slug, vendor=service.kind)
        return None, Answer.unavailable("service_broke")
    log.error("verification_impossible", flow=service.flow.slug, vendor=service.kind, code=problem)
    return None, Answer.unavailable(problem)


def _question(service: VerificationService, applicant: Applicant, case: Case | None) -> Question:
    asked = {"kind": service.kind, "inputs": None if case is None else dict(case.inputs)}
    return Question(service.flow, applicant.key, service.kind, tuple(digests(asked)))


def _ask(case: Case, deadline: float) -> Answer:
    """Ask, if there is anything to ask and anybody to answer."""
    if missing := case.vendor.missing(case.inputs):
        return Answer(Outcome.REFER, reasons=tuple(f"missing.{name}" for name in missing))
    if not circuit.may_ask(case.service):
        return Answer.unavailable("resting")
    began = time.monotonic()
    with patience.elsewhere():
        answer = _answer(case, deadline - began)
    circuit.note(case.service, answered=answer.is_conclusive)
    metrics.verifications.labels(vendor=case.service.kind, outcome=str(answer.outcome)).inc()
    log.info(
        "verification_asked",
        flow=case.service.flow.slug,
        vendor=case.service.kind,
        outcome=str(answer.outcome),
        reasons=list(answer.reasons),
        seconds=round(time.monotonic() - began, 3),
    )
    return answer


def _answer(case: Case, seconds: float) -> Answer:
    try:
        answer = case.vendor.ask(case.inputs, case.settings, timeout=seconds)
    except NoAnswer as problem:
        return Answer.unavailable(problem.code)
    except Exception:
        # A service's module is the one part that others write: its mistakes send people to the reviewer, no further.
        log.exception("verification_broke", flow=case.service.flow.slug, vendor=case.service.kind)
        return Answer.unavailable("service_broke")
    return answer if answer.is_conclusive else Answer(Outcome.UNAVAILABLE, answer.reference, answer.reasons)


def _wait(question: Question, deadline: float) -> Answer:
    """What whoever is asking is told; *unavailable* when that takes too long."""
    pause = FIRST_LOOK_SECONDS
    while True:
        row = questions.find(question)
        answer = questions.answer_of(row) if row is not None else Answer.unavailable("being_asked")
        left = deadline - time.monotonic()
        if left <= 0 or (row is not None and row.outcome != Outcome.ASKING):
            return answer
        with patience.elsewhere():
            time.sleep(min(pause, left))
        pause = min(pause * 1.5, LONGEST_LOOK_SECONDS)
