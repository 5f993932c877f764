"""What can be done to a rule with one button. Pure: from a document to the next one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from approvals.policy.document import FORM, LONGEST_ID, LONGEST_NAME

Rules = list[dict[str, Any]]
LONGEST_STEM = LONGEST_ID - 10


class NoSuchRule(Exception):
    """There is no such rule, or no such deed."""


def rules_of(document: Any) -> Rules:
    """The rules of a stored document, as far as they can be told apart."""
    rules = document.get("rules") if isinstance(document, Mapping) else None
    listed = rules if isinstance(rules, list) else []
    return [rule for rule in listed if isinstance(rule, dict) and isinstance(rule.get("id"), str)]


def done(document: Any, deed: str, rule_id: str) -> dict[str, Any]:
    """The document after a deed of DEEDS. Raises NoSuchRule."""
    rules = rules_of(document)
    at = next((at for at, rule in enumerate(rules) if rule["id"] == rule_id), None)
    if at is None or deed not in DEEDS:
        raise NoSuchRule
    return _document(DEEDS[deed](rules, at))


def with_rule(document: Any, rule: dict[str, Any]) -> dict[str, Any]:
    """The document with a rule in place of the one that has its id, or at the end."""
    rules = rules_of(document)
    if all(each["id"] != rule["id"] for each in rules):
        return _document([*rules, rule])
    return _document([rule if each["id"] == rule["id"] else each for each in rules])


def find(document: Any, rule_id: str) -> dict[str, Any] | None:
    """The rule with this id."""
    return next((rule for rule in rules_of(document) if rule["id"] == rule_id), None)


def new_id(name: str, taken: Collection[str]) -> str:
    """An id that says what the rule is called, and that no other has."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "-", letters)[:LONGEST_STEM].strip("-") or "rule"
    number, free = 1, stem
    while free in taken:
        number += 1
        free = f"{stem}-{number}"
    return free


def _document(rules: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {"policy": FORM, "rules": list(rules)}


def _up(rules: Rules, at: int) -> Rules:
    return _swapped(rules, at, max(at - 1, 0))


def _down(rules: Rules, at: int) -> Rules:
    return _swapped(rules, at, min(at + 1, len(rules) - 1))


def _swapped(rules: Rules, one: int, other: int) -> Rules:
    moved = list(rules)
    moved[one], moved[other] = rules[other], rules[one]
    return moved


def _with(**fields: Any) -> Callable[[Rules, int], Rules]:
    return lambda rules, at: [{**rule, **fields} if place == at else rule for place, rule in enumerate(rules)]


def _clone(rules: Rules, at: int) -> Rules:
    """The rule once more behind itself, switched off until somebody has made another of it."""
    rule = rules[at]
    name = _("Copy of %(rule)s") % {"rule": rule.get("name") or rule["id"]}
    taken = {each["id"] for each in rules}
    copy = {**rule, "id": new_id(f"{rule['id']}-copy", taken), "name": name[:LONGEST_NAME].strip(), "enabled": False}
    return [*rules[: at + 1], copy, *rules[at + 1 :]]


def _delete(rules: Rules, at: int) -> Rules:
    return [*rules[:at], *rules[at + 1 :]]


DEEDS: dict[str, Callable[[Rules, int], Rules]] = {
    "up": _up,
    "down": _down,
    "enable": _with(enabled=True),
    "disable": _with(enabled=False),
    "shadow": _with(shadow=True),
    "unshadow": _with(shadow=False),
    "clone": _clone,
    "delete": _delete,
}
