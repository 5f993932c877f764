"""What is kept of an evaluation, rule by rule: codes and what the rules say, from which `words` makes sentences.

None of it is the applicant's own: what was found is told as the rule names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from approvals.policy.conditions import LONGEST_KEPT, Condition, Result
from approvals.policy.rules import Outcome, Rule

# A condition that was not asked: another one does not hold, and this one might have cost a query.
SKIPPED = Result(None, fault="skipped")
_WORDS = {True: "true", False: "false", None: "unknown"}


class Finding(NamedTuple):
    """What came of a rule. `matched` is None when that cannot be said. One that is `held` belongs to an earlier step."""

    rule: Rule
    matched: bool | None
    results: tuple[Result, ...] = ()
    fault: str = ""
    held: bool = False

    def does(self, outcome: Outcome) -> bool:
        """Whether the rule matched and has this outcome."""
        return self.matched is True and self.rule.then.outcome is outcome


def trail_of(findings: Iterable[Finding], deciding: str) -> list[dict[str, Any]]:
    """The rules that were asked, in their order, as JSON."""
    return [_entry(finding, decided=finding.rule.id == deciding) for finding in findings]


def _entry(finding: Finding, *, decided: bool) -> dict[str, Any]:
    rule = finding.rule
    entry: dict[str, Any] = {
        "id": rule.id,
        "name": rule.name,
        "then": rule.then.kept,
        "matched": _WORDS[finding.matched],
        "conditions": [_condition(*pair) for pair in zip(rule.when, finding.results, strict=False)],
    }
    if rule.shadow:
        entry["shadow"] = True
    if decided:
        entry["decided"] = True
    if finding.held:
        entry["held"] = True
    if finding.fault:
        entry["fault"] = finding.fault
    return entry


def _condition(condition: Condition, result: Result) -> dict[str, Any]:
    told = {**condition.kept, "result": "skipped" if result is SKIPPED else _WORDS[result.holds]}
    if result.found:
        told["found"] = result.found[:LONGEST_KEPT]
    if result.fault and result is not SKIPPED:
        told["fault"] = result.fault
    return told
