"""The document in which a policy is kept, sent and exported: what `PolicyVersion.document` holds.

    {"policy": 1, "rules": [{"id": "partner-domains", "name": "Partner domains", "steps": ["submit"],
      "when": [{"subject": "email_domain", "test": "one_of", "values": ["fabrikam.com"]}], "then": {"approve": {}}}]}

docs/policy.md describes every field. Whoever wrote it may mean ill or have slipped: it is read without trust.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from approvals.policy import reading
from approvals.policy.attributes import ATTRIBUTES, LONGEST_EXTENSION_VALUE, is_attribute
from approvals.policy.attributes import LONGEST_NAME as LONGEST_ATTRIBUTE
from approvals.policy.condition_form import parse_condition, scalar, unknown_attribute
from approvals.policy.errors import PolicyError, Problem
from approvals.policy.reading import Place
from approvals.policy.rules import (
    SUBMIT_ONLY,
    Outcome,
    Policy,
    Rule,
    Step,
    Texts,
    Then,
)

FORM = 1
MOST_RULES = 100
MOST_CONDITIONS = 20
LONGEST_ID = 60
LONGEST_NAME = 100
LONGEST_TEXT = 300
STEPS = (Step.CHECK_STATUS, Step.SUBMIT)

_OUTCOMES = tuple(outcome for outcome in Outcome if outcome is not Outcome.CONTINUE)
_RULE_FIELDS = ("id", "name", "enabled", "shadow", "steps", "when", "then")


def parse(document: Any) -> Policy:
    """The policy that a document describes. Raises PolicyError with everything that is wrong with it, and nothing else."""
    problems: list[Problem] = []
    place = Place(problems)
    if not isinstance(document, dict):
        raise PolicyError([Problem(_("a policy must have rules."))])
    place.note_unknown(document, ("policy", "rules"))
    if document.get("policy") != FORM or isinstance(document.get("policy"), bool):
        place.note("policy", _("this must be 1, the form of the rules."))
    raw_rules = reading.items(place, document.get("rules"), "rules", MOST_RULES, required=False)
    rules = [_rule(place, number, raw) for number, raw in enumerate(raw_rules, 1)]
    _refuse_doubles(place, raw_rules)
    if problems:
        raise PolicyError(problems)
    return Policy(tuple(rule for rule in rules if rule is not None))


def dump(policy: Policy) -> dict[str, Any]:
    """The document of a policy: always the same for the same policy, and `parse` gives the policy back."""
    return {"policy": FORM, "rules": [dump_rule(rule) for rule in policy.rules]}


def dump_rule(rule: Rule) -> dict[str, Any]:
    """One rule as the document has it."""
    return {
        "id": rule.id,
        "name": rule.name,
        "enabled": rule.enabled,
        "shadow": rule.shadow,
        "steps": [str(step) for step in rule.steps],
        "when": [condition.as_document() for condition in rule.when],
        "then": {str(rule.then.outcome): dump_outcome(rule.then)},
    }


def dump_outcome(then: Then) -> dict[str, Any]:
    """What belongs to an outcome, as the document has it."""
    if then.outcome is Outcome.REFUSE:
        return {"text": _dump_texts(then.texts)}
    if then.outcome is Outcome.CORRECT:
        return {"attribute": then.attribute, "text": _dump_texts(then.texts)}
    if then.outcome is Outcome.SET:
        return {"claim": then.attribute, "value": then.value}
    return {"reason": then.reason} if then.reason else {}


def _dump_texts(texts: Texts) -> str | dict[str, str]:
    by_language = dict(texts.by_language)
    return by_language.get("", by_language)


def _refuse_doubles(place: Place, raw_rules: list[Any]) -> None:
    seen: set[str] = set()
    for number, raw in enumerate(raw_rules, 1):
        rule_id = raw.get("id") if isinstance(raw, dict) else None
        if not isinstance(rule_id, str):
            continue
        if rule_id in seen:
            place.of_rule(number, _shown_id(raw)).note("id", _("another rule has the same id."))
        seen.add(rule_id)


def _shown_id(raw: Any) -> str:
    rule_id = raw.get("id") if isinstance(raw, dict) else None
    return reading.as_name(rule_id) if isinstance(rule_id, str) else ""


def _rule(place: Place, number: int, raw: Any) -> Rule | None:
    place = place.of_rule(number, _shown_id(raw))
    if not isinstance(raw, dict):
        place.note("", _("a rule must have an id, a name and an outcome."))
        return None
    place.note_unknown(raw, _RULE_FIELDS)
    rule_id = reading.slug(place, raw.get("id"), "id", LONGEST_ID)
    name = reading.text(place, raw.get("name"), "name", LONGEST_NAME)
    steps = _steps(place, raw.get("steps", ["submit"]))
    when = _conditions(place, raw.get("when", []))
    then = _then(place, raw.get("then"))
    if then is None:
        return None
    if then.outcome in SUBMIT_ONLY and Step.CHECK_STATUS in steps:
        place.note("steps", _only_at_submit(then.outcome))
    enabled, shadow = reading.flag(place, raw, "enabled", default=True), reading.flag(place, raw, "shadow")
    return Rule(rule_id, name, then, when, steps, enabled, shadow)


def _only_at_submit(outcome: Outcome) -> str:
    return _(
        "“%(outcome)s” works with the form only: right after signing in, nobody has filled it in yet. "
        "Please take check_status out."
    ) % {"outcome": outcome}


def _steps(place: Place, raw: Any) -> tuple[Step, ...]:
    named = reading.items(place, raw, "steps", 10)
    chosen = {reading.choice(place, each, "steps", STEPS) for each in named}
    return tuple(step for step in STEPS if step in chosen)


def _conditions(place: Place, raw: Any) -> tuple[Any, ...]:
    read = reading.items(place, raw, "when", MOST_CONDITIONS, required=False)
    conditions = [parse_condition(place.of_condition(number), each) for number, each in enumerate(read, 1)]
    return tuple(condition for condition in conditions if condition is not None)


def _then(place: Place, raw: Any) -> Then | None:
    if not isinstance(raw, dict) or len(raw) != 1:
        place.note("then", _("please give exactly one outcome of: %(outcomes)s.") % {"outcomes": ", ".join(_OUTCOMES)})
        return None
    name = reading.choice(place, next(iter(raw)), "then", _OUTCOMES)
    details = raw.get(name) if name else None
    if not name:
        return None
    if details is not None and not isinstance(details, dict):
        place.note("then", _("this must be fields with values."))
        return None
    return _READERS[Outcome(name)](place, details or {})


def _refuse(place: Place, raw: dict[Any, Any]) -> Then:
    place.note_unknown(raw, ("text",), "then")
    return Then(Outcome.REFUSE, texts=_texts(place, raw.get("text")))


def _correct(place: Place, raw: dict[Any, Any]) -> Then:
    place.note_unknown(raw, ("attribute", "text"), "then")
    attribute = _attribute(place, raw.get("attribute"), "attribute")
    return Then(Outcome.CORRECT, attribute=attribute, texts=_texts(place, raw.get("text")))


def _set(place: Place, raw: dict[Any, Any]) -> Then:
    place.note_unknown(raw, ("claim", "value"), "then")
    attribute, value = _attribute(place, raw.get("claim"), "claim"), raw.get("value")
    longest = ATTRIBUTES.get(attribute, LONGEST_EXTENSION_VALUE)
    if attribute in ATTRIBUTES:
        return Then(Outcome.SET, attribute=attribute, value=reading.text(place, value, "value", longest))
    scalar_value = scalar(place, value, "value", longest)
    return Then(Outcome.SET, attribute=attribute, value="" if scalar_value is None else scalar_value)


def _approve(place: Place, raw: dict[Any, Any]) -> Then:
    place.note_unknown(raw, (), "then")
    return Then(Outcome.APPROVE)


def _verify(place: Place, raw: dict[Any, Any]) -> Then:
    place.note_unknown(raw, (), "then")
    return Then(Outcome.VERIFY)


def _review(place: Place, raw: dict[Any, Any]) -> Then:
    place.note_unknown(raw, ("reason",), "then")
    return Then(Outcome.REVIEW, reason=reading.text(place, raw.get("reason"), "reason", LONGEST_TEXT, required=False))


_READERS = {
    Outcome.REFUSE: _refuse,
    Outcome.CORRECT: _correct,
    Outcome.SET: _set,
    Outcome.APPROVE: _approve,
    Outcome.VERIFY: _verify,
    Outcome.REVIEW: _review,
}


def _attribute(place: Place, raw: Any, field: str) -> str:
    name = reading.text(place, raw, field, LONGEST_ATTRIBUTE)
    if name and not is_attribute(name):
        place.note(field, unknown_attribute(name))
        return ""
    return name


def _texts(place: Place, raw: Any) -> Texts:
    if not isinstance(raw, dict):
        return Texts.of(reading.text(place, raw, "text", LONGEST_TEXT))
    shipped = dict(settings.LANGUAGES)
    if not raw:
        place.note("text", _("this is missing."))
    for language in list(raw)[:20]:
        if language not in shipped:
            place.note("text", _("%(language)s: no such language.") % {"language": reading.as_name(language)})
    return Texts(tuple((each, reading.text(place, raw[each], "text", LONGEST_TEXT)) for each in shipped if each in raw))
