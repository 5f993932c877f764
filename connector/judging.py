"""Asking a flow's policy about a call, and its verification service where the policy says so."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from approvals import hints
from approvals.applicant import Applicant
from approvals.models import SignUpRequest, UserFlow, Verification
from approvals.policy import facts, in_force
from approvals.policy.engine import Outcome, Step, Verdict, evaluate, unverified
from approvals.policy.in_force import InForce
from approvals.policy.rules import Policy
from approvals.workflow.judged import Judgement, is_repeated
from connector.models import VerificationService
from connector.verification import asking
from connector.verification.base import Answer

# Rules take microseconds. What they ask the database for counts, too.
EVALUATION_SECONDS = 0.5
Verified = Verification.Outcome
OnFailed = VerificationService.OnFailed


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


@dataclass(frozen=True)
class Case:
    """Whom a policy is asked about, and when. `since` is when the request came in that is there already."""

    flow: UserFlow
    applicant: Applicant
    policy: InForce
    step: Step
    since: datetime | None = None

    def evaluate(self, verified: Verified | None = None) -> Verdict:
        """What the rules say, with the outcome of the verification or before it."""
        known = facts.gather(
            self.flow,
            self.applicant,
            step=self.step,
            lists=self.policy.lists,
            hints=lambda: hints.codes(self.flow, self.applicant, before=self.since),
            verification=None if verified is None else str(verified),
            now=self.since,
        )
        return evaluate(self.policy.policy, known, deadline=time.monotonic() + EVALUATION_SECONDS)


def judge(
    flow: UserFlow, applicant: Applicant, step: Step, previous: SignUpRequest | None, answer: Answer | None = None
) -> Judged | None:
    """What the flow's policy says of the applicant, whose newest request is `previous`; None when it has no policy.

    Asks the verification service when a rule says so, within the service's budget, unless `answer` is what it has just
    said. Approves only because of a rule that matched; and after a verification that did not pass, only because of a rule
    that speaks of the verification.
    """
    policy = in_force.compiled(flow.pk)
    if policy is None:
        return None
    # What the first of two equal calls led to is no reason to answer the second in another way.
    since = previous.submitted_at if previous and is_repeated(previous, applicant) else None
    case = Case(flow, applicant, policy, step, since)
    verdict = case.evaluate()
    if verdict.outcome is not Outcome.VERIFY or is_asked_later(flow):
        return Judged(Judgement(verdict, policy.version_id, step, previous))
    answer = answer or asking.verify(flow, applicant)
    verdict, may_try_again = _after(case, answer)
    return Judged(Judgement(verdict, policy.version_id, step, previous), answer, may_try_again)


def judge_again(request: SignUpRequest, applicant: Applicant, answer: Answer) -> Judgement | None:
    """What the policy says of a pending request, now that its applicant was verified; None when the flow has none any more."""
    policy = in_force.compiled(request.flow_id)
    if policy is None:
        return None
    case = Case(request.flow, applicant, policy, Step.LATER, request.submitted_at)
    verdict, _may_try_again = _after(case, answer)
    return Judgement(verdict, policy.version_id, Step.LATER, request)


def is_asked_later(flow: UserFlow) -> bool:
    """Whether the request is recorded at once, and a worker asks the service."""
    return VerificationService.objects.filter(flow=flow, mode=VerificationService.Mode.LATER).exists()


def _after(case: Case, answer: Answer) -> tuple[Verdict, bool]:
    failures = partial(asking.failures, case.flow, case.applicant)
    verdict = case.evaluate(answer.outcome)
    return all_considered(case.flow, case.policy.policy, verdict, answer.outcome, case.step, failures)


def all_considered(
    flow: UserFlow, policy: Policy, verdict: Verdict, verified: Verified, step: Step, failures: Callable[[], int]
) -> tuple[Verdict, bool]:
    """The verdict after a verification, and whether the applicant may try again.

    Rules that speak of the verification come first, then what is set for its failure, then a person. `failures` counts
    the different answers with which it has failed, the last included.
    """
    if verified == Verified.PASSED or verdict.outcome in (Outcome.REFUSE, Outcome.CORRECT):
        return verdict, False
    if _speaks_of_verification(policy, verdict):
        return verdict, False
    follows = _after_failure(flow, failures) if verified == Verified.FAILED else OnFailed.REVIEW
    if follows == OnFailed.REFUSE:
        return unverified(verdict, str(verified), Outcome.REFUSE), False
    return _for_a_person(verdict, verified), follows == OnFailed.CORRECT and step == Step.SUBMIT


def _after_failure(flow: UserFlow, failures: Callable[[], int]) -> str:
    service = VerificationService.objects.filter(flow=flow).first()
    return service.after_failures(failures()) if service else OnFailed.REVIEW


def _for_a_person(verdict: Verdict, verified: Verified) -> Verdict:
    """A rule that sends it to a person keeps its say; an approval in spite of the answer is none."""
    has_a_reason = verdict.outcome is Outcome.REVIEW and (verdict.rule or verdict.fault)
    return verdict if has_a_reason else unverified(verdict, str(verified))


def _speaks_of_verification(policy: Policy, verdict: Verdict) -> bool:
    rule = next((rule for rule in policy.rules if verdict.rule and rule.id == verdict.rule.id), None)
    return rule is not None and any(condition.subject == "verification" for condition in rule.when)
