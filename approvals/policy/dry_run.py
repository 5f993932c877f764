"""What a policy would have decided on the requests of the last days, beside what people decided. Writes nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from approvals.models import SignUpRequest, UserFlow, Verification
from approvals.policy.domains import DomainSet
from approvals.policy.engine import DecidingRule, Outcome, Step, Verdict, evaluate
from approvals.policy.facts import gather
from approvals.policy.in_force import domain_sets
from approvals.policy.rules import Policy

CHUNK = 200
MOST = 20_000
LISTED = 200

_AGREES = {
    (Outcome.APPROVE, SignUpRequest.Status.APPROVED.value): True,
    (Outcome.REFUSE, SignUpRequest.Status.DENIED.value): True,
    (Outcome.APPROVE, SignUpRequest.Status.DENIED.value): False,
    (Outcome.REFUSE, SignUpRequest.Status.APPROVED.value): False,
}


@dataclass(frozen=True)
class Judged:
    """One request: what the policy would have said, and the status that it has.

    `agrees` is None where there is nothing to compare: nobody has decided, the policy itself did, or it would have left
    it to a person.
    """

    reference: str
    submitted_at: datetime
    status: str
    by_policy: bool
    outcome: Outcome
    rule: DecidingRule | None
    agrees: bool | None


@dataclass(frozen=True)
class Summary:
    """The requests of some days. `listed` are the newest disagreements, at most LISTED; `complete` is false when there were more than MOST."""

    days: int
    requests: int
    outcomes: Mapping[str, int]
    rules: Mapping[str, int]
    """How often each rule decided, by its id."""
    agreements: int
    disagreements: int
    listed: tuple[Judged, ...]
    complete: bool


def over(
    flow: UserFlow,
    policy: Policy,
    days: int,
    *,
    lists: Mapping[str, DomainSet] | None = None,
    now: datetime | None = None,
    most: int = MOST,
) -> Summary:
    """Judge the newest requests of the last `days` days, and count. Holds CHUNK of them at a time.

    `lists` are the stored ones unless others are given.
    """
    outcomes, rules, agreeing, listed = Counter[str](), Counter[str](), Counter[bool | None](), list[Judged]()
    for each in judged(flow, policy, days, lists=lists, now=now, most=most + 1):
        if outcomes.total() == most:
            return _summary(days, outcomes, rules, agreeing, listed, complete=False)
        outcomes[str(each.outcome)] += 1
        agreeing[each.agrees] += 1
        if each.rule:
            rules[each.rule.id] += 1
        if each.agrees is False and len(listed) < LISTED:
            listed.append(each)
    return _summary(days, outcomes, rules, agreeing, listed, complete=True)


def _summary(
    days: int,
    outcomes: Counter[str],
    rules: Counter[str],
    agreeing: Counter[bool | None],
    listed: list[Judged],
    *,
    complete: bool,
) -> Summary:
    total, agreements, disagreements = outcomes.total(), agreeing[True], agreeing[False]
    return Summary(days, total, dict(outcomes), dict(rules), agreements, disagreements, tuple(listed), complete)


def judged(
    flow: UserFlow,
    policy: Policy,
    days: int,
    *,
    lists: Mapping[str, DomainSet] | None = None,
    now: datetime | None = None,
    most: int = MOST,
) -> Iterator[Judged]:
    """The newest requests of the last `days` days, judged one by one, newest first."""
    since = (now or timezone.now()) - timedelta(days=days)
    lists = domain_sets(policy.lists()) if lists is None else lists
    for chunk in _chunks(flow, since, most):
        verified = _verified([request.pk for request in chunk])
        for request in chunk:
            yield _judge(flow, policy, request, lists, verified.get(request.pk))


def _chunks(flow: UserFlow, since: datetime, most: int) -> Iterator[list[SignUpRequest]]:
    """The requests, some at a time: each query goes on where the last one ended."""
    requests = SignUpRequest.objects.filter(flow=flow, submitted_at__gte=since).order_by("-submitted_at", "-pk")
    rest = requests
    while most > 0:
        chunk = list(rest[: min(CHUNK, most)])
        if not chunk:
            return
        yield chunk
        last, most = chunk[-1], most - len(chunk)
        rest = requests.filter(
            Q(submitted_at__lt=last.submitted_at) | Q(submitted_at=last.submitted_at, pk__lt=last.pk)
        )


def _verified(requests: list[UUID]) -> dict[UUID | None, str]:
    """The newest outcome for each request that was verified."""
    rows = Verification.objects.filter(request__in=requests).order_by("at", "id")
    return dict(rows.values_list("request_id", "outcome"))


def _judge(
    flow: UserFlow, policy: Policy, request: SignUpRequest, lists: Mapping[str, DomainSet], verification: str | None
) -> Judged:
    verdict = _verdict(flow, policy, request, lists, verification)
    agrees = None if request.decided_by_policy else _AGREES.get((verdict.outcome, request.status))
    return Judged(
        reference=request.reference,
        submitted_at=request.submitted_at,
        status=request.status,
        by_policy=request.decided_by_policy,
        outcome=verdict.outcome,
        rule=verdict.rule,
        agrees=agrees,
    )


def _verdict(
    flow: UserFlow, policy: Policy, request: SignUpRequest, lists: Mapping[str, DomainSet], verification: str | None
) -> Verdict:
    """As if the person signed up then: first after signing in, then with the form."""
    early = any(rule.acts_at(Step.CHECK_STATUS) for rule in policy.rules)
    verdict = _evaluated(flow, policy, request, lists, verification, Step.CHECK_STATUS) if early else None
    if verdict is not None and verdict.outcome is Outcome.REFUSE:
        return verdict
    return _evaluated(flow, policy, request, lists, verification, Step.SUBMIT)


def _evaluated(
    flow: UserFlow,
    policy: Policy,
    request: SignUpRequest,
    lists: Mapping[str, DomainSet],
    verification: str | None,
    step: Step,
) -> Verdict:
    known = gather(
        flow,
        request.applicant,
        step=step,
        lists=lists,
        hints=lambda: hint_codes(request.hints),
        verification=verification,
        now=request.submitted_at,
    )
    return evaluate(policy, known)


def hint_codes(stored: Any) -> frozenset[str]:
    """The codes of the hints that are stored with a request."""
    return frozenset(str(hint["code"]) for hint in stored)
