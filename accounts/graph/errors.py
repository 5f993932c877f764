"""How Graph says no, read and sorted into *later* and *never*. Pure.

Graph's directory has one code, `Request_BadRequest`, for most causes, and its messages may change: a refusal is told
by `details[].code` and `target` first, by its code second, by words of its message last. What a person reads is ours:
Graph's own messages quote addresses.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST_WAIT_SECONDS = 3600.0

_HOLDER = re.compile(r"User_([0-9a-fA-F-]{36})")
_TAKEN = re.compile(r"same value for property (\w+) already exists")
_INVALID = re.compile(r"(?:Invalid value specified for property|Invalid property) '([\w.]+)'|Property (\w+) is invalid")
_UNAVAILABLE = re.compile(r"extension properties are not available: ([\w, ]+)")


@dataclass(frozen=True)
class Detail:
    """One of the `details` of an error: what is wrong, with which property or object."""

    code: str
    target: str


@dataclass(eq=False)
class GraphRefused(Exception):
    """An answer of Graph's that is not a success. `permission` is the least one that the call needs."""

    status: int
    code: str = ""
    message: str = ""
    details: tuple[Detail, ...] = ()
    retry_after: float | None = None
    permission: str = ""

    def __str__(self) -> str:
        # The message may quote an address; whatever prints this exception must not.
        return f"{self.status} {self.code}".strip()

    @property
    def is_definite(self) -> bool:
        """Whether nothing was done. A gateway's 5xx does not say so: the work may have been done behind it."""
        return 400 <= self.status < 500 and self.status != 408

    @property
    def taken(self) -> frozenset[str]:
        """The properties whose value another object has; empty when that is not the trouble."""
        by_details = {each.target for each in self.details if each.code == "ObjectConflict"}
        by_message = set(_TAKEN.findall(self.message))
        if by_details or by_message:
            return frozenset(by_details or by_message)
        unnamed = self.code == "Request_MultipleObjectsWithSameKeyValue" or self.says("a conflicting object with one")
        return frozenset({"unnamed"}) if unnamed else frozenset()

    @property
    def holders(self) -> tuple[str, ...]:
        """The ids of the users that have them, where Graph says so."""
        targets = (each.target for each in self.details if each.code == "ConflictingObjects")
        return tuple(found[1] for target in targets if (found := _HOLDER.fullmatch(target)))

    @property
    def invalid(self) -> frozenset[str]:
        """The properties whose value or name the directory does not take."""
        by_details = {each.target for each in self.details if each.code == "InvalidValue" and each.target}
        by_message = {name or other for name, other in _INVALID.findall(self.message)}
        return frozenset(by_details or by_message)

    @property
    def unavailable(self) -> tuple[str, ...]:
        """The custom attributes that the directory does not have, or not yet."""
        found = _UNAVAILABLE.search(self.message)
        return tuple(sorted(name.strip() for name in found[1].split(",") if name.strip())) if found else ()

    @property
    def is_already_member(self) -> bool:
        """Whether a group has the guest already."""
        return self.status == 400 and self.says("added object references already exist")

    @property
    def is_not_visible(self) -> bool:
        """Whether an object is missing where it was asked for: unknown, or too new for the replica that answered."""
        return (
            self.status == 404 or self.code == "Directory_ObjectNotFound" or self.says("not a valid reference update")
        )

    def says(self, words: str) -> bool:
        """Whether Graph's message has these words (given in lower case)."""
        return words in self.message.lower()


def read_refusal(status: int, body: str, headers: Mapping[str, str], *, permission: str = "") -> GraphRefused:
    """A refusal from an answer as it came: the body may be no JSON, the code empty, the wait a fraction."""
    error = _error(body)
    return GraphRefused(
        status=status,
        code=_text(error.get("code")),
        message=_text(error.get("message")),
        details=tuple(_details(error.get("details"))),
        retry_after=retry_after(headers),
        permission=permission,
    )


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """The seconds that `Retry-After` asks for, from 0 to an hour; None when it asks for nothing that can be read."""
    value = {name.lower(): text for name, text in headers.items()}.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        seconds = _seconds_until(value, now or datetime.now(UTC))
    return min(max(seconds, 0.0), LONGEST_WAIT_SECONDS) if math.isfinite(seconds) else None


def _seconds_until(date: str, now: datetime) -> float:
    try:
        moment = parsedate_to_datetime(date)
    except ValueError:
        return math.nan
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()


def _error(body: str) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        return {}
    error = document.get("error") if isinstance(document, dict) else None
    return error if isinstance(error, dict) else {}


def _details(entries: Any) -> list[Detail]:
    known = [each for each in entries if isinstance(each, dict)] if isinstance(entries, list) else []
    return [Detail(_text(each.get("code")), _text(each.get("target"))) for each in known]


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
