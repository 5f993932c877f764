"""What a rule asks of a sign-up. A condition holds, does not hold, or cannot be decided: it never raises."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import structlog

from approvals.applicant import AttributeValue
from approvals.policy import checks
from approvals.policy.given import Facts, Undecided

log = structlog.get_logger(__name__)

VALUES_KEPT = 5
LONGEST_KEPT = 80


class Result(NamedTuple):
    """What came of a condition: `holds` is None when it could not be decided, for the reason in `fault`.

    `found` is what the rule names and the sign-up has, such as the domain out of ten.
    """

    holds: bool | None
    found: str = ""
    fault: str = ""


@dataclass(frozen=True)
class Condition:
    """One question. Which of the fields have a value follows from `subject` and `test`, as `document` says."""

    subject: str
    test: str
    name: str = ""
    values: tuple[AttributeValue, ...] = ()
    list_slug: str = ""
    pattern: str = ""
    least: float | None = None
    most: float | None = None
    where: str = ""
    within_days: int | None = None
    ignore_case: bool = False
    negated: bool = False

    @cached_property
    def check(self) -> checks.Check:
        """The question made ready. Raises ValueError for a value or a pattern that cannot be used."""
        return checks.MAKERS[self.subject, self.test](self)

    @property
    def is_dear(self) -> bool:
        """Whether the answer may cost a query."""
        return self.subject in ("earlier", "hint")

    def look(self, facts: Facts) -> Result:
        """What the facts say. Never raises."""
        try:
            found = self.check(facts)
        except Undecided as undecided:
            return Result(None, fault=undecided.code)
        except Exception as error:  # noqa: BLE001 - a rule that breaks decides nothing
            log.warning("policy_condition_failed", subject=self.subject, test=self.test, error=type(error).__name__)
            return Result(None, fault="failed")
        return Result((found is not None) != self.negated, found or "")

    def as_document(self) -> dict[str, Any]:
        """The condition as the document has it, with no field that says nothing."""
        fields: dict[str, Any] = {
            "subject": self.subject,
            "test": self.test,
            "name": self.name,
            "values": list(self.values),
            "list": self.list_slug,
            "pattern": self.pattern,
            "min": self.least,
            "max": self.most,
            "where": self.where,
            "within_days": self.within_days,
            "ignore_case": self.ignore_case,
            "not": self.negated,
        }
        if self.test == "equals":
            fields["value"] = fields.pop("values")[0]
        return {name: value for name, value in fields.items() if name == "value" or not _says_nothing(value)}

    @cached_property
    def kept(self) -> dict[str, Any]:
        """The condition as an evaluation keeps it: without the length of its lists. Not to be changed."""
        kept = self.as_document()
        values = kept.get("values", [])
        if len(values) > VALUES_KEPT:
            kept["values"], kept["more"] = values[:VALUES_KEPT], len(values) - VALUES_KEPT
        if "pattern" in kept:
            kept["pattern"] = kept["pattern"][:LONGEST_KEPT]
        return kept


def _says_nothing(value: Any) -> bool:
    return value is None or value is False or value in ("", [])
