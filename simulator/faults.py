"""Misbehaviour on request: what the tenant does wrong, how often, and to whom."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass, field

from simulator.store import Document

Value = float | str | None

# kind -> the value used when none is given
KINDS: dict[str, Value] = {
    "throttle": 1.5,
    "unavailable": 503,
    "hang": 30,
    "lost_answer": None,
    "replication_lag": 5,
    "rejected_token": None,
    "expired_secret": None,
    "wrong_secret": None,
    "missing_permission": None,
    "invitations_forbidden": None,
    "blocked_domain": None,
    "verification": "fail",
    "smtp_refuse": 451,
    "smtp_hang": 30,
    "smtp_drop_after_data": None,
}
NEEDS_TEXT = {"blocked_domain"}
NEEDS_NUMBER = {"throttle", "unavailable", "hang", "replication_lag", "smtp_refuse", "smtp_hang"}


@dataclass
class Fault:
    """One switch that is on. `count` is how often it still strikes; None means until cleared.

    `struck` is how often it has.
    """

    kind: str
    count: int | None
    match: str | None
    value: Value
    id: int = field(default=0)
    struck: int = field(default=0)

    @property
    def number(self) -> float:
        """The value as a number; seconds or a status, whatever the kind says."""
        return float(self.value or 0)

    def applies_to(self, subject: str) -> bool:
        """Whether `subject` (`POST /v1.0/users`, or a mail address) is meant."""
        return self.match is None or self.match.lower() in subject.lower()


class Faults:
    """The switches; forgotten at a restart, so that trouble never outlives the person who made it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._ids = itertools.count(1)

    def add(self, kind: str, count: int | None = None, match: str | None = None, value: Value = None) -> Fault:
        """Switch one on; ValueError says what is wrong with the request."""
        _check(kind, count, match, value)
        chosen = KINDS[kind] if value is None else value
        fault = Fault(kind=kind, count=count, match=match, value=chosen, id=next(self._ids))
        self._faults.append(fault)
        return fault

    def find(self, kind: str, subject: str = "", *, only_named: bool = False) -> Fault | None:
        """The first fault of a kind that applies; `only_named` passes over those without a `match`."""
        for fault in self._faults:
            if fault.kind == kind and fault.applies_to(subject) and not (only_named and fault.match is None):
                return fault
        return None

    def take(self, kind: str, subject: str = "", *, only_named: bool = False) -> Fault | None:
        """Like `find`, and it has struck once: a fault whose count is used up is switched off."""
        fault = self.find(kind, subject, only_named=only_named)
        if fault is None:
            return None
        fault.struck += 1
        if fault.count is not None:
            fault.count -= 1
        if fault.count == 0:
            self._faults.remove(fault)
        return fault

    def active(self) -> list[Document]:
        """Everything that is on, as JSON."""
        return [asdict(fault) for fault in self._faults]

    def clear(self, kind: str | None = None) -> None:
        """Switch everything off, or everything of one kind."""
        self._faults = [fault for fault in self._faults if kind is not None and fault.kind != kind]

    def remove(self, fault_id: str) -> None:
        """Switch one off; nothing happens when it is off already."""
        self._faults = [fault for fault in self._faults if str(fault.id) != fault_id]


def _check(kind: str, count: int | None, match: str | None, value: Value) -> None:
    if kind not in KINDS:
        raise ValueError(f"unknown kind; one of {', '.join(KINDS)}")
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise ValueError("count must be a whole number from 1, or null")
    if match is not None and not isinstance(match, str):
        raise ValueError("match must be text, or null")
    if kind in NEEDS_TEXT and not isinstance(value, str):
        raise ValueError(f"{kind} needs a value: text")
    if kind in NEEDS_NUMBER and value is not None and (isinstance(value, bool | str) or value < 0):
        raise ValueError(f"the value of {kind} is a number, not negative")
