"""What follows from what a flow's policy says: recording with the evaluation, approving at once, refusing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from approvals import audit, outbox
from approvals.applicant import Applicant
from approvals.models import Action, Delivery, PolicyEvaluation, SignUpRequest, UserFlow
from approvals.policy.engine import Outcome, Step, Verdict
from approvals.workflow import recording
from approvals.workflow.decision import deliver

Status = SignUpRequest.Status

# Within this time the same answers again are Entra's repetition of a call (after 20 s), or the form sent once more.
REPEATED_WITHIN = timedelta(minutes=10)

VERIFY = "verification.ask"


class Overtaken(Exception):
    """The applicant's requests have changed since the policy was asked: it has to be asked again."""


@dataclass(frozen=True)
class Judgement:
    """A verdict, the policy version that it is of, and the applicant's newest request when it was given."""

    verdict: Verdict
    version_id: int
    step: Step
    previous: SignUpRequest | None


@dataclass(frozen=True)
class Decided:
    """What a judgement led to: the request that says so, and whether it was there already."""

    request: SignUpRequest
    is_new: bool


def record(
    flow: UserFlow,
    applicant: Applicant,
    judgement: Judgement,
    *,
    beside: Callable[[SignUpRequest], object] = lambda _request: None,
) -> Decided:
    """Record a sign-up with its evaluation: pending, approved or refused, as the verdict says. All of it or nothing.

    An approved one is closed: Entra makes the account on *Continue*. One to be verified is pending, and a worker asks
    the service. The same answers again, refused at any time or approved a moment ago, are the same request. What `beside`
    writes about the request is part of it. Raises Overtaken, with nothing written, when somebody was faster.
    """
    outcome = judgement.verdict.outcome
    with transaction.atomic(durable=True):
        _take_turns(applicant)
        newest = recording.newest(flow, applicant)
        if newest is not None and _is_the_same(newest, applicant, outcome):
            beside(newest)
            return Decided(newest, is_new=False)
        if _id(newest) != _id(judgement.previous):
            raise Overtaken
        request = recording.record_within(flow, _with_claims(applicant, judgement.verdict), previous=newest)
        if request is None:
            raise Overtaken
        _keep(request, judgement)
        beside(request)
        if outcome is Outcome.APPROVE:
            _let_in(request, judgement)
        elif outcome is Outcome.REFUSE:
            _turn_away(request, judgement)
        elif outcome is Outcome.VERIFY:
            outbox.enqueue(VERIFY, request=request, once=f"verify:{request.pk}")
    return Decided(request, is_new=True)


def decide_later(request_id: UUID, judgement: Judgement) -> bool:
    """What a policy says of a pending request after its verification: approve, refuse, or leave it to a person.

    False, with nothing changed, when somebody has decided meanwhile, or the answers are others than those looked at. The
    second time it is decided; what was left to a person is left so again, and not told twice.
    """
    verdict, previous = judgement.verdict, judgement.previous
    if previous is None or previous.pk != request_id:
        raise ValueError("a judgement of another request")
    decided = {Outcome.APPROVE: Status.APPROVED, Outcome.REFUSE: Status.DENIED}.get(verdict.outcome)
    with transaction.atomic(durable=True):
        if not _move(previous, _as_decided(decided, verdict, previous)):
            return False
        request = SignUpRequest.objects.select_related("flow").get(pk=request_id)
        if not _is_kept(request, judgement):
            _keep(request, judgement)
        if decided == Status.APPROVED:
            audit.record(Action.APPROVED_BY_POLICY, request=request, **_facts(judgement))
            deliver(request, None)
        elif decided == Status.DENIED:
            audit.record(Action.REFUSED_BY_POLICY, request=request, **_facts(judgement))
            hold = settings.DECISION_HOLD_SECONDS
            outbox.enqueue("mail.denied", request=request, delay=hold, decision=request.version)
    return True


def claims_of(request: SignUpRequest) -> dict[str, Any]:
    """The claims that the policy set for this request; none when it had none. One query."""
    kept = PolicyEvaluation.objects.filter(request=request).order_by("-at", "-id").values_list("claims", flat=True)
    return kept.first() or {}


def is_repeated(request: SignUpRequest, applicant: Applicant) -> bool:
    """Whether the policy has decided about these very answers a moment ago."""
    lately = request.decided_by_policy and timezone.now() - request.submitted_at < REPEATED_WITHIN
    return lately and request.received == applicant.received


def _move(pending: SignUpRequest, changes: dict[str, Any]) -> bool:
    """Change the request if it is still what was looked at; the version stays when nothing is to be changed."""
    requests = SignUpRequest.objects.filter(status=Status.PENDING)
    if changes:
        return requests.move(pending.pk, pending.version, **changes)
    return requests.filter(pk=pending.pk, version=pending.version).update(status=Status.PENDING) == 1


def _as_decided(status: str | None, verdict: Verdict, request: SignUpRequest) -> dict[str, Any]:
    """What is to be changed, which is nothing when a person decides and no claim was set."""
    now, attributes = timezone.now(), {**request.attributes, **verdict.claims}
    changed = {} if attributes == request.attributes else {"attributes": attributes}
    if status is None:
        return changed
    return {
        **changed,
        "status": status,
        "decided_by_policy": True,
        "decided_at": now,
        "effects_at": now + timedelta(seconds=settings.DECISION_HOLD_SECONDS),
        "closed_at": None if status == Status.APPROVED else now,
    }


def _is_the_same(newest: SignUpRequest, applicant: Applicant, outcome: Outcome) -> bool:
    """Whether the newest request is what this call would record."""
    if outcome is Outcome.APPROVE:
        return newest.status == Status.APPROVED and is_repeated(newest, applicant)
    is_refused = newest.status == Status.DENIED and newest.decided_by_policy
    return outcome is Outcome.REFUSE and is_refused and newest.received == applicant.received


def _take_turns(applicant: Applicant) -> None:
    """One call of the same person at a time: an approved request is closed, so the constraint of open ones does not see it.

    SQLite has one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int(applicant.key[:15], 16)])


def _id(request: SignUpRequest | None) -> UUID | None:
    return request.pk if request else None


def _with_claims(applicant: Applicant, verdict: Verdict) -> Applicant:
    return replace(applicant, attributes={**applicant.attributes, **verdict.claims})


def _keep(request: SignUpRequest, judgement: Judgement) -> None:
    PolicyEvaluation.objects.create(request=request, **_evaluation(judgement))


def _is_kept(request: SignUpRequest, judgement: Judgement) -> bool:
    """Whether the newest evaluation of the request says the same."""
    newest = PolicyEvaluation.objects.filter(request=request).order_by("-at", "-id").first()
    return newest is not None and all(getattr(newest, name) == said for name, said in _evaluation(judgement).items())


def _evaluation(judgement: Judgement) -> dict[str, Any]:
    verdict = judgement.verdict
    return {
        "version_id": judgement.version_id,
        "step": str(judgement.step),
        "outcome": str(Outcome.REVIEW if verdict.outcome is Outcome.VERIFY else verdict.outcome),
        "rule_id": verdict.rule.id if verdict.rule else "",
        "rule_name": verdict.rule.name if verdict.rule else "",
        "trail": verdict.trail,
        "claims": verdict.claims,
    }


def _facts(judgement: Judgement) -> dict[str, Any]:
    """Why, for the audit trail: the rule, or what came of the verification."""
    verdict = judgement.verdict
    return {"rule": verdict.rule.id, "name": verdict.rule.name} if verdict.rule else {"cause": verdict.fault}


def _let_in(request: SignUpRequest, judgement: Judgement) -> None:
    """Entra makes the account now: nothing is left to deliver."""
    _close(request, Status.APPROVED)
    Delivery.objects.create(
        request=request,
        state=Delivery.State.DONE,
        stage=Delivery.Stage.FINISHED,
        made=Delivery.Made.RETURNED,
    )
    audit.record(Action.APPROVED_BY_POLICY, request=request, **_facts(judgement))
    outbox.enqueue("request.let_in", request=request)


def _turn_away(request: SignUpRequest, judgement: Judgement) -> None:
    _close(request, Status.DENIED)
    audit.record(Action.REFUSED_BY_POLICY, request=request, **_facts(judgement))


def _close(request: SignUpRequest, status: str) -> None:
    """A decision that holds at once: the applicant is told in this very call."""
    now = timezone.now()
    decided = {"status": status, "decided_by_policy": True, "decided_at": now, "effects_at": now, "closed_at": now}
    SignUpRequest.objects.filter(pk=request.pk).update(version=models.F("version") + 1, **decided)
    for name, value in decided.items():
        setattr(request, name, value)
