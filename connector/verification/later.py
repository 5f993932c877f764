"""Verifying after the request was recorded: a worker asks, however long the service is away, and the reviewer sees it."""

from __future__ import annotations

from approvals import outbox
from approvals.applicant import Applicant, Identity
from approvals.errors import Later
from approvals.models import Action, OutboxEntry, SignUpRequest, Verification
from approvals.outbox import Done
from approvals.workflow.judged import VERIFY, decide_later
from connector.judging import judge_again
from connector.models import VerificationService
from connector.verification import questions
from connector.verification.asking import kept, link, verify
from connector.verification.base import Answer

BUDGET_SECONDS = 30.0
DECIDE = "verification.decide"
LONGEST_CODE = 64


def verify_request(entry: OutboxEntry) -> Done | None:
    """Verify the applicant of the entry's request; the audit event that ends the entry.

    Raises Later when the service could not say. Does nothing for a request that somebody has decided meanwhile, and for a
    flow without a service. The second time the answer is the kept one.
    """
    request = _request_to_verify(entry)
    if request is None:
        return None
    answer = verify(request.flow, applicant_of(request), budget=BUDGET_SECONDS)
    link(answer, request)
    if answer.verification is None:
        return None
    if not answer.is_conclusive:
        raise Later(_code(answer))
    _have_decided(request)
    return _done(Verification.objects.get(pk=answer.verification))


def follow_policy(entry: OutboxEntry) -> None:
    """Decide what the flow's policy says now that the applicant was verified; what it leaves to a person waits for one.

    When the request is not what was verified any more, the applicant is verified anew, before anything is decided. Raises
    Later when it changes meanwhile. Does nothing for a flow whose service was switched off. Safe to run twice.
    """
    request = _request_to_verify(entry)
    if request is None:
        return
    if entry.payload.get("version") != request.version:
        outbox.enqueue(VERIFY, request=request, once=f"verify:{request.pk}:{request.version}")
        return
    applicant = applicant_of(request)
    answer = kept(request.flow, applicant)
    judgement = judge_again(request, applicant, answer) if answer.verification else None
    if judgement is not None and not decide_later(request.pk, judgement):
        raise Later("request_changed", delay=1)


def give_up(entry: OutboxEntry, code: str, _reason: str) -> Done | None:
    """Let the request say that the service could not. Without effect when it shows a conclusive answer."""
    request = _request_to_verify(entry)
    if request is None:
        return None
    if Verification.objects.filter(request=request).exclude(outcome__in=questions.OPEN).exists():
        return None
    _have_decided(request)
    return _done(questions.record_unavailable(request, _kind(request), code))


def applicant_of(request: SignUpRequest) -> Applicant:
    """The person as the request has kept them."""
    return Applicant(
        email=request.email,
        identities=tuple(Identity(**identity) for identity in request.identities),
        attributes=request.attributes,
        locales=tuple(request.locales),
        received=request.received,
    )


def _have_decided(request: SignUpRequest) -> None:
    """Once for each state of the request."""
    once = f"decide:{request.pk}:{request.version}"
    outbox.enqueue(DECIDE, request=request, once=once, version=request.version)


def _request_to_verify(entry: OutboxEntry) -> SignUpRequest | None:
    pending = SignUpRequest.objects.select_related("flow").needing_decision()
    return pending.filter(pk=entry.request_id).first() if entry.request_id else None


def _kind(request: SignUpRequest) -> str:
    """The flow's kind of service; empty when it was switched off meanwhile."""
    service = VerificationService.objects.filter(flow=request.flow_id).first()
    return service.kind if service else ""


def _code(answer: Answer) -> str:
    return next(iter(answer.reasons), "unavailable")[:LONGEST_CODE]


def _done(row: Verification) -> Done:
    return Done(Action.VERIFIED, questions.facts(questions.answer_of(row), row.vendor))
