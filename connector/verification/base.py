"""What every verification service has in common: its settings, what it would be asked, and what it may answer."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Self
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from approvals.applicant import Applicant
from approvals.models import Verification

Outcome = Verification.Outcome
Settings = Mapping[str, str]
Inputs = Mapping[str, str]

MOST_REASONS = 20
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}", re.ASCII)
_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,99}", re.ASCII)


class NoAnswer(Exception):
    """The service did not say anything that could be used. `code` says why; nothing else of the failure is kept."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Answer:
    """What came of asking. `reasons` are codes; a service's own sentences are not kept, for they may name the person.

    `verification` is the row that keeps the answer; None where there is none.
    """

    outcome: Outcome
    reference: str = ""
    reasons: tuple[str, ...] = ()
    verification: UUID | None = None

    @classmethod
    def unavailable(cls, code: str) -> Self:
        """The service could not say, and why."""
        return cls(Outcome.UNAVAILABLE, reasons=(code,))

    def kept_in(self, verification: UUID) -> Answer:
        """The same answer, with its row."""
        return replace(self, verification=verification)

    @property
    def is_conclusive(self) -> bool:
        """Whether the same question need never be asked again."""
        return self.outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.REFER)


@dataclass(frozen=True)
class SettingField:
    """One setting of a service as a form or a command asks for it.

    A secret is written and never shown. `check` returns the value as it is kept; it raises ValidationError.
    """

    name: str
    label: str | Promise
    help: str | Promise = ""
    secret: bool = False
    required: bool = True
    default: str = ""
    lines: bool = False
    check: Callable[[str], str] | None = None

    def clean(self, value: str) -> str:
        """The value as it is kept. Raises ValidationError."""
        value = value.replace("\r\n", "\n").strip()
        if not value:
            if self.required:
                raise ValidationError(_("This field is required."))
            return ""
        return self.check(value) if self.check else value


class Vendor(ABC):
    """A verification service. A subclass needs no more than these, and a line in `registry`."""

    kind: ClassVar[str]
    """What the settings and the rows call it; it never changes."""
    name: ClassVar[str]
    """What people call it."""
    fields: ClassVar[tuple[SettingField, ...]]
    required: ClassVar[tuple[str, ...]] = ()
    """The inputs without which it is not asked: the request then goes to a person."""

    @abstractmethod
    def inputs(self, applicant: Applicant, settings: Settings) -> dict[str, str]:
        """What the service would be told of the applicant: only values that there are. Pure.

        Equal inputs are asked about once, so nothing belongs here that changes from call to call.
        """

    @abstractmethod
    def ask(self, inputs: Inputs, settings: Settings, *, timeout: float) -> Answer:
        """Ask the service, for at most `timeout` seconds in all. Raises NoAnswer; touches no database.

        Only an answer that the service documents as a pass is one. What is unknown, partial or contradictory goes to a
        person.
        """

    def clean(self, values: Mapping[str, str]) -> dict[str, str]:
        """The settings as they are kept, from values by name. Raises ValidationError with what is wrong, by field."""
        kept, problems = {}, {}
        for field in self.fields:
            try:
                kept[field.name] = field.clean(values.get(field.name, field.default))
            except ValidationError as problem:
                problems[field.name] = problem
        if problems:
            raise ValidationError(problems)
        self.check(kept)
        return kept

    def check(self, settings: Settings) -> None:  # noqa: B027 - most services have nothing to add
        """Whether the settings, each good by itself, go together. Raises ValidationError."""

    def missing(self, inputs: Inputs) -> tuple[str, ...]:
        """The inputs that the service needs and the applicant did not give."""
        return tuple(name for name in self.required if not inputs.get(name))


def codes(said: Iterable[object]) -> tuple[str, ...]:
    """Those of the values that are codes, each once, in their order, and not too many. Sentences are dropped."""
    found = (text.strip() for text in said if isinstance(text, str))
    return tuple(dict.fromkeys(code for code in found if _CODE.fullmatch(code)))[:MOST_REASONS]


def reference(said: object) -> str:
    """The service's reference, if it is one and no sentence."""
    text = str(said).strip() if isinstance(said, str | int) else ""
    return text if _REFERENCE.fullmatch(text) else ""


def present(values: Mapping[str, object]) -> dict[str, str]:
    """The values that are texts, or numbers, and not empty; as text."""
    texts = {name: str(value).strip() for name, value in values.items() if type(value) in (str, int)}
    return {name: text for name, text in texts.items() if text}
