"""What a policy says of a sign-up. Pure: no database, no clock but the deadline's.

Refuse beats everything, whatever the order. Then all corrections, then the first of approve, verify and review that
matches; when none does, a person decides. A rule that fails or takes too long approves nobody, and when one that could
have stood in the way of an approval cannot be evaluated, a person decides.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import structlog

from approvals.applicant import AttributeValue
from approvals.policy.conditions import Condition, Result
from approvals.policy.given import Earlier, Facts
from approvals.policy.rules import NO_TEXTS, Outcome, Policy, Rule, Step, Texts
from approvals.policy.trail import SKIPPED, Finding, trail_of

__all__ = ["Correction", "DecidingRule", "Earlier", "Facts", "Outcome", "Step", "Verdict", "evaluate", "unverified"]

log = structlog.get_logger(__name__)

Clock = Callable[[], float]


class DecidingRule(NamedTuple):
    """The rule that a verdict follows from."""

    id: str
    name: str


class Correction(NamedTuple):
    """What to mend in one attribute of the form."""

    attribute: str
    texts: Texts


@dataclass(frozen=True)
class Verdict:
    """What follows. At the first step that is refuse or continue; with the form anything but continue.

    `rule` is the one that it follows from, also when that is because the rule could not be evaluated; None when none
    matched. `texts` are a refusal's, for the applicant; `reason` is a review's own, for the reviewer. `claims` are to be
    returned and stored when the applicant goes on. `fault` is broken (the stored policy cannot be read), failed (the
    evaluation broke), undecided (`rule` could not be evaluated), verification_… (see `unverified`), or empty. `trail` is
    what PolicyEvaluation keeps.
    """

    outcome: Outcome
    rule: DecidingRule | None = None
    texts: Texts = NO_TEXTS
    reason: str = ""
    corrections: tuple[Correction, ...] = ()
    claims: dict[str, AttributeValue] = field(default_factory=dict)
    fault: str = ""
    trail: list[dict[str, Any]] = field(default_factory=list)


def evaluate(policy: Policy, facts: Facts, *, deadline: float | None = None, clock: Clock = time.monotonic) -> Verdict:
    """What the policy says of these facts. Never raises, and approves only because of a rule that matched.

    What is not evaluated when `clock` reaches `deadline` counts as not decided.
    """
    try:
        return _evaluate(policy, facts, lambda: deadline is not None and clock() >= deadline)
    except Exception as error:  # noqa: BLE001 - whatever broke, a person decides
        log.error("policy_failed", step=str(facts.step), error=type(error).__name__)  # noqa: TRY400 - claims may be in the traceback
        return _unusable(facts.step, "failed")


def unverified(verdict: Verdict, verification: str, outcome: Outcome = Outcome.REVIEW) -> Verdict:
    """The verdict that an outcome of the verification leads to in place of this one. It is no rule's, and says so.

    The rules are told as they were found. Claims go with a review alone.
    """
    fault = f"verification_{verification}"
    found = [{name: value for name, value in entry.items() if name != "decided"} for entry in verdict.trail]
    claims = verdict.claims if outcome is Outcome.REVIEW else {}
    return Verdict(outcome, claims=claims, fault=fault, trail=[{"fault": fault}, *found])


def _unusable(step: str, fault: str) -> Verdict:
    outcome = Outcome.CONTINUE if step == Step.CHECK_STATUS else Outcome.REVIEW
    return Verdict(outcome, fault=fault, trail=[{"fault": fault}])


def _evaluate(policy: Policy, facts: Facts, late: Callable[[], bool]) -> Verdict:
    if not policy.usable:
        return _unusable(facts.step, "broken")
    asked = [rule for rule in policy.rules if rule.enabled and (rule.acts_at(facts.step) or _still_counts(rule, facts))]
    # A shadow must not take the time of a rule that decides.
    found = {rule.id: _look(rule, facts, late) for rule in sorted(asked, key=lambda rule: rule.shadow)}
    findings = [found[rule.id] for rule in asked]
    verdict = _decide([each for each in findings if not each.rule.shadow], facts.step)
    return replace(verdict, trail=trail_of(findings, verdict.rule.id if verdict.rule else ""))


def _still_counts(rule: Rule, facts: Facts) -> bool:
    """Whether it is a refusal of the first step alone, after it. Whoever it fits is not approved without a person.

    It may have been undecided at the first step, which is no reason to approve somebody at the second.
    """
    return rule.then.outcome is Outcome.REFUSE and facts.step != Step.CHECK_STATUS and not rule.shadow


def _look(rule: Rule, facts: Facts, late: Callable[[], bool]) -> Finding:
    """Ask a rule's conditions: those that may cost a query only when all the others leave it open."""
    held = not rule.acts_at(facts.step)
    if late():
        return Finding(rule, matched=None, fault="out_of_time", held=held)
    if rule.then.outcome is Outcome.VERIFY and facts.verification is not None:
        return Finding(rule, matched=False, fault="verified_already")
    results: dict[int, Result] = {}
    for number, condition in rule.in_order:
        results[number] = _ask(condition, facts, late, results)
    said = tuple(results[number] for number in range(len(rule.when)))
    return Finding(rule, _all(said), said, held=held)


def _ask(condition: Condition, facts: Facts, late: Callable[[], bool], so_far: dict[int, Result]) -> Result:
    if condition.is_dear and any(result.holds is False for result in so_far.values()):
        return SKIPPED
    return Result(None, fault="out_of_time") if late() else condition.look(facts)


def _all(results: Iterable[Result]) -> bool | None:
    """Whether all hold: not when one does not, and open when that cannot be said."""
    said = {result.holds for result in results if result is not SKIPPED}
    if False in said:
        return False
    return None if None in said else True


def _decide(findings: list[Finding], step: str) -> Verdict:
    refusal = next((each for each in findings if each.does(Outcome.REFUSE) and not each.held), None)
    if refusal is not None:
        return Verdict(Outcome.REFUSE, _named(refusal), texts=refusal.rule.then.texts)
    if step == Step.CHECK_STATUS:
        return Verdict(Outcome.CONTINUE, claims=_claims(findings))
    corrections = [each for each in findings if each.does(Outcome.CORRECT)]
    if corrections and step == Step.SUBMIT:
        return Verdict(Outcome.CORRECT, _named(corrections[0]), corrections=tuple(_corrections(corrections)))
    return _let_in(findings)


def _let_in(findings: list[Finding]) -> Verdict:
    """Who is neither refused nor has anything to mend: approved, verified, or a person's to decide."""
    claims = _claims(findings)
    obstacle = next((each for each in findings if _stands_in_the_way(each)), None)
    if obstacle is not None:
        return _to_a_person(obstacle, claims)
    open_ones = []
    for each in findings:
        if each.rule.then.outcome not in (Outcome.APPROVE, Outcome.VERIFY, Outcome.REVIEW) or each.matched is False:
            continue
        if each.matched is None and each.rule.then.outcome is Outcome.APPROVE:
            open_ones.append(each)
            continue
        if each.matched is None or each.rule.then.outcome is Outcome.REVIEW:
            return _to_a_person(each, claims)
        approved = each.rule.then.outcome is Outcome.APPROVE
        return Verdict(each.rule.then.outcome, _named(each), claims=claims if approved else {})
    return _to_a_person(open_ones[0], claims) if open_ones else Verdict(Outcome.REVIEW, claims=claims)


def _stands_in_the_way(finding: Finding) -> bool:
    """Whether nobody may be approved with this: a refusal, a correction or a claim that is open, or came too late."""
    outcome = finding.rule.then.outcome
    if outcome in (Outcome.REFUSE, Outcome.CORRECT):
        return finding.matched is not False
    return outcome is Outcome.SET and finding.matched is None


def _to_a_person(finding: Finding, claims: dict[str, AttributeValue]) -> Verdict:
    fault = "undecided" if finding.matched is None else ""
    reason = finding.rule.then.reason if finding.matched else ""
    return Verdict(Outcome.REVIEW, _named(finding), reason=reason, claims=claims, fault=fault)


def _named(finding: Finding) -> DecidingRule:
    return DecidingRule(finding.rule.id, finding.rule.name)


def _corrections(findings: Iterable[Finding]) -> Iterator[Correction]:
    return (Correction(each.rule.then.attribute, each.rule.then.texts) for each in findings)


def _claims(findings: Iterable[Finding]) -> dict[str, AttributeValue]:
    """The claims to return: of two rules that set the same one, the first counts."""
    claims: dict[str, AttributeValue] = {}
    for each in findings:
        if each.does(Outcome.SET):
            claims.setdefault(each.rule.then.attribute, each.rule.then.value)
    return claims
