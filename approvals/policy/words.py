"""Rules and what came of them, in the reader's language.

Everything is made when it is shown: what is stored are codes and what the rules say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import PolicyEvaluation
from approvals.policy.engine import Verdict
from approvals.policy.phrases import attribute_label, clause, found_clause, shown_value
from approvals.policy.rules import Outcome, Policy, Rule, Step, Then

__all__ = [
    "Explanation",
    "Line",
    "Row",
    "cause",
    "clause",
    "explain",
    "explain_verdict",
    "outcome",
    "policy",
    "rule",
    "steps",
]


# Why somebody was not approved after a verification, when no rule says more.
_VERIFICATIONS = {
    "verification_failed": gettext_lazy("the identity verification failed"),
    "verification_refer": gettext_lazy("the verification service leaves it to a person"),
    "verification_unavailable": gettext_lazy("the verification service could not say"),
}


@dataclass(frozen=True)
class Line:
    """A condition and what came of it: `result` is true, false, unknown or skipped, `says` the same in words."""

    clause: str
    result: str
    says: str


@dataclass(frozen=True)
class Row:
    """A rule and what came of it: `matched` is true, false or unknown, `says` the same in words."""

    rule_id: str
    name: str
    matched: str
    outcome: str
    says: str
    shadow: bool
    decided: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Explanation:
    """An evaluation: one sentence for what followed, and a row for each rule that was asked."""

    sentence: str
    rows: tuple[Row, ...]


def rule(of: Rule) -> str:
    """A rule in one sentence: “If the email domain is fabrikam.com and Job title is given: approve at once.”"""
    if not of.when:
        return _("Always: %(outcome)s.") % {"outcome": outcome(of.then)}
    conditions = _(" and ").join(clause(condition) for condition in of.when)
    return _("If %(conditions)s: %(outcome)s.") % {"conditions": conditions, "outcome": outcome(of.then)}


def policy(of: Policy) -> list[str]:
    """All rules, a sentence each, with what holds one back."""
    return [f"{each.name}: {rule(each)}{_held_back(each)}" for each in of.rules]


def _held_back(of: Rule) -> str:
    if not of.enabled:
        return " " + _("(Switched off.)")
    return " " + _("(Shadow: only records what it would do.)") if of.shadow else ""


def steps(of: Rule) -> str:
    """When the rule is asked."""
    if len(of.steps) > 1:
        return _("after signing in and with the form")
    return _("after signing in") if of.steps == (Step.CHECK_STATUS,) else _("with the form")


def outcome(of: Then | Mapping[str, Any]) -> str:
    """What a rule does, as it stands behind a colon."""
    kept = of.kept if isinstance(of, Then) else of
    name, attribute = str(kept.get("outcome")), attribute_label(str(kept.get("attribute", "")))
    if name == Outcome.CORRECT:
        return _("ask the applicant to correct %(attribute)s") % {"attribute": attribute}
    if name == Outcome.SET:
        return _("set %(attribute)s to “%(value)s”") % {"attribute": attribute, "value": shown_value(kept.get("value"))}
    if name == Outcome.REVIEW and kept.get("reason"):
        return _("send it to a person (%(reason)s)") % {"reason": kept["reason"]}
    names = {
        Outcome.REFUSE: _("refuse"),
        Outcome.APPROVE: _("approve at once"),
        Outcome.VERIFY: _("verify the identity"),
        Outcome.REVIEW: _("send it to a person"),
    }
    return names.get(name, name)  # type: ignore[call-overload,no-any-return]


def explain(evaluation: PolicyEvaluation) -> Explanation:
    """What a stored evaluation says. It may be of an earlier version of Foyer: what is unknown is left out."""
    return _explanation(evaluation.outcome, evaluation.rule_name, evaluation.trail)


def cause(code: str) -> str:
    """Why nobody's rule but the verification decided; empty for a code that says nothing of that."""
    told = str(_VERIFICATIONS.get(code, ""))
    return told[:1].upper() + told[1:]


def explain_verdict(verdict: Verdict) -> Explanation:
    """The same of a verdict that is not stored, such as one that somebody tries out."""
    return _explanation(verdict.outcome, verdict.rule.name if verdict.rule else "", verdict.trail)


def _explanation(code: str, rule_name: str, trail: Any) -> Explanation:
    entries = [entry for entry in trail if isinstance(entry, dict)] if isinstance(trail, list) else []
    rows = tuple(_row(entry) for entry in entries if entry.get("id"))
    return Explanation(_sentence(code, rule_name, entries), rows)


def _sentence(code: str, rule_name: str, entries: list[dict[str, Any]]) -> str:
    """What followed and why: “Approved automatically: rule “Partner domains” matched (email domain is fabrikam.com).”"""
    faults = {str(entry.get("fault")) for entry in entries if not entry.get("id")}
    deciding = next((entry for entry in entries if entry.get("decided")), None)
    return f"{_heading(code)}: {_because(code, rule_name, deciding, faults)}."


def _heading(code: str) -> str:
    headings = {
        "refuse": _("Refused automatically"),
        "correct": _("Sent back to correct"),
        "approve": _("Approved automatically"),
        "verify": _("To be verified"),
        "review": _("Sent to a person"),
        "continue": _("May go on to the form"),
    }
    return headings.get(code, code)


def _because(code: str, rule_name: str, deciding: dict[str, Any] | None, faults: set[str]) -> str:
    if "broken" in faults:
        return _("the policy as it is stored cannot be read")
    if "failed" in faults:
        return _("the policy could not be evaluated")
    if verified := [told for code, told in _VERIFICATIONS.items() if code in faults]:
        return str(verified[0])
    if deciding is None and not rule_name:
        return _("no rule refused") if code == "continue" else _("no rule decided")
    if deciding is None:
        return _("rule “%(rule)s” matched") % {"rule": rule_name}
    return _because_of(deciding)


def _because_of(entry: dict[str, Any]) -> str:
    """The rule with what it found, or with what kept it from being evaluated."""
    name, then = str(entry.get("name")), entry.get("then")
    if entry.get("matched") == "unknown":
        return _("rule “%(rule)s” could not be evaluated (%(why)s)") % {"rule": name, "why": _first_fault(entry)}
    found = "; ".join(found_clause(each) for each in _conditions(entry)) or _("it always does")
    sentence = _("rule “%(rule)s” matched (%(found)s)") % {"rule": name, "found": found}
    if entry.get("held"):
        return _("%(sentence)s; it refuses right after signing in") % {"sentence": sentence}
    reason = then.get("reason") if isinstance(then, dict) else None
    return f"{sentence}: {str(reason).rstrip('.')}" if reason else sentence


def _conditions(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    conditions = entry.get("conditions")
    return [each for each in conditions if isinstance(each, dict)] if isinstance(conditions, list) else []


def _first_fault(entry: dict[str, Any]) -> str:
    faults = [each.get("fault") for each in (entry, *_conditions(entry)) if each.get("fault")]
    return _fault(str(faults[0]) if faults else "")


def _fault(code: str) -> str:
    faults = {
        "no_list": _("there is no such list of domains"),
        "out_of_time": _("there was no time left"),
        "verified_already": _("the service has been asked, and has answered"),
        "failed": _("looking it up failed"),
    }
    return faults.get(code, faults["failed"])


def _row(entry: dict[str, Any]) -> Row:
    then = entry.get("then")
    matched, shadow = str(entry.get("matched")), entry.get("shadow") is True
    told = outcome(then) if isinstance(then, dict) else ""
    return Row(
        rule_id=str(entry["id"]),
        name=str(entry.get("name") or entry["id"]),
        matched=matched,
        outcome=told,
        says=_says(entry, matched, told, shadow=shadow),
        shadow=shadow,
        decided=entry.get("decided") is True,
        lines=tuple(_line(condition) for condition in _conditions(entry)),
    )


def _says(entry: dict[str, Any], matched: str, told: str, *, shadow: bool) -> str:
    if matched == "unknown":
        return _("Could not be evaluated: %(why)s.") % {"why": _first_fault(entry)}
    if matched != "true" and entry.get("fault"):
        return _("Not asked: %(why)s.") % {"why": _fault(str(entry["fault"]))}
    if matched != "true":
        return _("Did not match.")
    if shadow:
        return _("Matched. As a shadow it decided nothing; it would: %(outcome)s.") % {"outcome": told}
    if entry.get("held"):
        return _("Matched, though it refuses right after signing in only: no approval without a person.")
    return _("Matched: %(outcome)s.") % {"outcome": told}


def _line(condition: dict[str, Any]) -> Line:
    result = str(condition.get("result"))
    says = {
        "true": _("yes"),
        "false": _("no"),
        "skipped": _("not asked: another condition does not hold"),
        "unknown": _("cannot be said: %(why)s") % {"why": _fault(str(condition.get("fault")))},
    }
    told = found_clause(condition) if result == "true" else clause(condition)
    return Line(told[:1].upper() + told[1:], result, says.get(result, result))
