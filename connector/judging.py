"""Asking a flow's policy about a call, and its verification service where the policy says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import structlog

from approvals import hints
from approvals.applicant import Applicant
from approvals.models import SignUpRequest, UserFlow, Verification
from approvals.policy import facts, in_force
from approvals.policy.engine import Outcome, Step, Verdict, evaluate
from approvals.policy.in_force import InForce
from approvals.policy.rules import NO_TEXTS, Policy
from approvals.policy.trail import NOT_VERIFIED
from approvals.workflow.judged import Judgement
from connector.models import VerificationService
from connector.verification import asking
from connector.verification.base import Answer

log = structlog.get_logger(__name__)

# Rules take microseconds. What they ask the database for counts, too.
EVALUATION_SECONDS = 0.5
Verified = Verification.Outcome


@dataclass(frozen=True)
class Judged:
    """A judgement; with the service's answer when it was asked, and whether the applicant may try again."""

    judgement: Judgement
    answer: Answer | None = None
    may_try_again: bool = False

    @property
    def verdict(self) -> Verdict:
        """What the policy says, all things considered."""
        return self.judgement.verdict


def judge(flow: UserFlow, applicant: Applicant, step: Step, previous: SignUpRequest | None) -> Judged | None:
    """What the flow's policy says of the applicant, whose newest request is `previous`; None when it has no policy.

    Asks the verification service when a rule says so, within the service's budget. Approves only because of a rule that
    matched; and after a verification that did not pass, only because of a rule that speaks of the verification.
    """
    policy = in_force.compiled(flow.pk)
    if policy is None:
        return None
    verdict = _evaluate(flow, applicant, policy, step)
    first = Judged(Judgement(verdict, policy.version_id, step, previous))
    if verdict.outcome is not Outcome.VERIFY or is_asked_later(flow):
        return first
    answer = asking.verify(flow, applicant)
    return after(flow, applicant, policy, first, answer)


def judge_again(request: SignUpRequest, applicant: Applicant, answer: Answer) -> Judgement | None:
    """What the policy says of a pending request, now that its applicant was verified; None when the flow has none any more."""
    policy = in_force.compiled(request.flow_id)
    if policy is None:
        return None
    unanswered = Judged(Judgement(Verdict(Outcome.VERIFY), policy.version_id, Step.LATER, request))
    return after(request.flow, applicant, policy, unanswered, answer).judgement


def after(flow: UserFlow, applicant: Applicant, policy: InForce, before: Judged, answer: Answer) -> Judged:
    """The judgement when the service has answered."""
    verdict = _evaluate(flow, applicant, policy, before.judgement.step, answer.outcome)
    failures = partial(asking.failures, flow, applicant)
    verdict, may_try_again = all_considered(
        flow, policy.policy, verdict, Verified(answer.outcome), before.judgement.step, failures
    )
    return Judged(replace(before.judgement, verdict=verdict), answer, may_try_again)


def _evaluate(
    flow: UserFlow, applicant: Applicant, policy: InForce, step: Step, verified: Verified | None = None
) -> Verdict:
    known = facts.gather(
        flow,
        applicant,
        step=step,
        lists=policy.lists,
        hints=lambda: hints.codes(flow, applicant),
        verification=None if verified is None else str(verified),
    )
    return evaluate(policy.policy, known, deadline=time.monotonic() + EVALUATION_SECONDS)


def is_asked_later(flow: UserFlow) -> bool:
    """Whether the request is recorded at once, and a worker asks the service."""
    return VerificationService.objects.filter(flow=flow, mode=VerificationService.Mode.LATER).exists()


def all_considered(
    flow: UserFlow, policy: Policy, verdict: Verdict, verified: Verified, step: Step, failures: Callable[[], int]
) -> tuple[Verdict, bool]:
    """The verdict after a verification, and whether the applicant may try again.

    Rules that speak of it come first, then what is set for its failure, then a person. `failures` counts the different
    answers with which it has failed, the last included.
    """
    if verified == Verified.PASSED or verdict.outcome in (Outcome.REFUSE, Outcome.CORRECT):
        return verdict, False
    if verdict.rule is not None and _speaks_of_verification(policy, verdict.rule.id):
        return verdict, False
    person = _in_spite_of_rules(verdict, Outcome.REVIEW)
    if verified != Verified.FAILED:
        return person, False
    service = VerificationService.objects.filter(flow=flow).first()
    follows = service.after_failures(failures()) if service else None
    if follows == VerificationService.OnFailed.REFUSE:
        return _in_spite_of_rules(replace(verdict, claims={}), Outcome.REFUSE), False
    return person, follows == VerificationService.OnFailed.CORRECT and step == Step.SUBMIT


def _in_spite_of_rules(verdict: Verdict, outcome: Outcome) -> Verdict:
    """What follows from the verification alone: the trail says so, and names no rule that decided."""
    rules = [{name: value for name, value in entry.items() if name != "decided"} for entry in verdict.trail]
    return replace(
        verdict, outcome=outcome, rule=None, texts=NO_TEXTS, reason="", trail=[{"fault": NOT_VERIFIED}, *rules]
    )


def _speaks_of_verification(policy: Policy, rule_id: str) -> bool:
    rule = next((rule for rule in policy.rules if rule.id == rule_id), None)
    return rule is not None and any(condition.kept.get("subject") == "verification" for condition in rule.when)
