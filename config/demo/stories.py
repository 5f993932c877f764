"""The invented sign-ups of `stories.toml`, as typed data."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from approvals.applicant import Applicant
from connector.claims import parse

STORIES_FILE = Path(__file__).with_name("stories.toml")

# How Entra names the provider to a connector, and how many digits the provider's ids have; others send no identity.
_ISSUERS = {"google": ("google.com", 21), "facebook": ("facebook.com", 17), "mail": ("mail", 0)}
_UNITS = {"d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


@dataclass(frozen=True)
class Step:
    """Something that somebody did: approve, deny, undo, reopen, retry, or, by the applicant, answers and return."""

    after: timedelta
    do: str
    by: str = ""
    reason: str = ""
    note: str = ""
    tell: bool = True
    answers: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Story:
    """One sign-up and what became of it. `deliveries` are how the attempts to make the guest end."""

    flow: str
    ago: timedelta
    provider: str
    about: Mapping[str, Any]
    steps: tuple[Step, ...]
    deliveries: tuple[str, ...]
    made: str

    @property
    def email(self) -> str:
        """The address that the person signs in with."""
        return str(self.about["email"])

    def identity(self) -> dict[str, str] | None:
        """The person's identity as Entra tells it; None for the providers of which it tells none."""
        if self.provider not in _ISSUERS:
            return None
        issuer, digits = _ISSUERS[self.provider]
        return {"signInType": "federated", "issuer": issuer, "issuerAssignedId": self._assigned_id(digits)}

    def applicant(self, extensions_app_id: str, **changed: Any) -> Applicant:
        """The person with the answers that they gave, some of them changed, as the connector understands them."""
        about = {**self.about, **changed}
        given, surname = about["name"]
        prefix = f"extension_{extensions_app_id}_"
        claims = {
            "email": self.email,
            "identities": [identity] if (identity := self.identity()) else None,
            "displayName": f"{given} {surname}".strip(),
            "givenName": given,
            "surname": surname,
            "jobTitle": about.get("job"),
            "city": about.get("city"),
            "country": about.get("country"),
            f"{prefix}Justification": about.get("why"),
            f"{prefix}TeamSize": about.get("team"),
            f"{prefix}AgreedToTerms": True,
            "ui_locales": about["locale"],
        }
        # A claim without a value is not sent.
        return parse({name: value for name, value in claims.items() if value not in (None, "")}).applicant

    def _assigned_id(self, digits: int) -> str:
        """As the pretend tenant makes it up, so that somebody who signs up there as this person is this person."""
        if not digits:
            return self.email
        digest = hashlib.sha256(f"{self.provider}:{self.email.lower()}".encode()).hexdigest()
        return ("1" + str(int(digest, 16)))[:digits]


def load_stories() -> list[Story]:
    """All stories, in the order of the file."""
    with STORIES_FILE.open("rb") as file:
        return [_story(entry) for entry in tomllib.load(file)["story"]]


def duration(text: str) -> timedelta:
    """`2d 3h`, `45m`, `10s` as a time span. Raises ValueError for anything else."""
    if not re.fullmatch(r"\d+[dhms]( \d+[dhms])*", text):
        raise ValueError(f"not a time span: {text}")
    return sum((timedelta(**{_UNITS[part[-1]]: int(part[:-1])}) for part in text.split()), timedelta())


def _story(entry: dict[str, Any]) -> Story:
    return Story(
        flow=entry["flow"],
        ago=duration(entry["ago"]),
        provider=entry["provider"],
        about={
            name: entry[name]
            for name in ("email", "name", "locale", "job", "city", "country", "why", "team")
            if name in entry
        },
        steps=tuple(_step(step) for step in entry.get("steps", [])),
        deliveries=tuple(entry.get("deliveries", ["ok"])),
        made=entry.get("made", "created" if entry["provider"] in _ISSUERS else "invited"),
    )


def _step(entry: dict[str, Any]) -> Step:
    known = {name: entry[name] for name in ("do", "by", "reason", "note", "tell") if name in entry}
    answers = {name: value for name, value in entry.items() if name not in {"after", *known}}
    return Step(after=duration(entry["after"]), answers=answers, **known)
