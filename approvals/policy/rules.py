"""What a policy is made of, as frozen data: rules, their outcomes, and texts in several languages."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from approvals.applicant import AttributeValue
from approvals.policy.conditions import Condition


class Step(StrEnum):
    """When during the sign-up, as PolicyEvaluation has it."""

    CHECK_STATUS = "check_status"
    SUBMIT = "submit"
    LATER = "later"


class Outcome(StrEnum):
    """What a rule does, and what follows from all of them. SET is a rule's alone, CONTINUE a verdict's."""

    REFUSE = "refuse"
    CORRECT = "correct"
    SET = "set"
    APPROVE = "approve"
    VERIFY = "verify"
    REVIEW = "review"
    CONTINUE = "continue"


# At the first step nobody has filled in the form yet.
SUBMIT_ONLY = frozenset({Outcome.CORRECT, Outcome.APPROVE, Outcome.VERIFY, Outcome.REVIEW})


@dataclass(frozen=True)
class Texts:
    """One text in several languages; the one without a language is for all others."""

    by_language: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, text: str) -> Texts:
        """The same text for everybody."""
        return cls((("", text),))

    def choose(self, language: str, fallback: str = "en") -> str:
        """The text in this language, else the one for all, the one in the fallback language, or the first."""
        texts = dict(self.by_language)
        chosen = (texts[key] for key in (language, "", fallback, "en") if key in texts)
        return next(chosen, next(iter(texts.values()), ""))


NO_TEXTS = Texts()


@dataclass(frozen=True)
class Then:
    """What a rule does. Which of the fields have a value follows from `outcome`."""

    outcome: Outcome
    texts: Texts = NO_TEXTS
    attribute: str = ""
    value: AttributeValue = ""
    reason: str = ""

    @cached_property
    def kept(self) -> dict[str, Any]:
        """The outcome as an evaluation keeps it: without the applicant's texts. Not to be changed."""
        kept: dict[str, Any] = {"outcome": str(self.outcome)}
        if self.attribute:
            kept["attribute"] = self.attribute
        if self.outcome is Outcome.SET:
            kept["value"] = self.value
        if self.reason:
            kept["reason"] = self.reason
        return kept


@dataclass(frozen=True)
class Rule:
    """Conditions that must all hold, and one outcome."""

    id: str
    name: str
    then: Then
    when: tuple[Condition, ...] = ()
    steps: tuple[Step, ...] = (Step.SUBMIT,)
    enabled: bool = True
    shadow: bool = False

    @cached_property
    def in_order(self) -> tuple[tuple[int, Condition], ...]:
        """The conditions with their places, those that may cost a query at the end."""
        return tuple(sorted(enumerate(self.when), key=lambda numbered: numbered[1].is_dear))

    def acts_at(self, step: str) -> bool:
        """Whether the rule is asked at this step. What is asked with the form is asked after the verification too."""
        return (Step.SUBMIT if step == Step.LATER else step) in self.steps


@dataclass(frozen=True)
class Policy:
    """The rules of a flow in their order. One that is not `usable` sends everybody to a person."""

    rules: tuple[Rule, ...] = ()
    usable: bool = field(default=True, kw_only=True)

    def lists(self) -> frozenset[str]:
        """The slugs of the lists of domains that conditions speak of."""
        return frozenset(condition.list_slug for rule in self.rules for condition in rule.when if condition.list_slug)
