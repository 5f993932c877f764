"""What an applicant submitted, laid out for a reviewer: the parsed answers first, then every claim as it came."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import get_language, pgettext_lazy

from approvals.models import SignUpRequest
from approvals.texts import field_label

# The order in which people read about a person; custom attributes follow.
_ORDER = (
    "displayName",
    "givenName",
    "surname",
    "jobTitle",
    "companyName",
    "department",
    "streetAddress",
    "postalCode",
    "city",
    "state",
    "country",
)
# Claims that say who asks, not what the guest account will hold: they have places of their own on the page.
_ABOUT_THE_CALL = {"email", "identities", "ui_locales"}
_SAME_AS = {"lastName": "surname"}

_TYPES = {
    str: pgettext_lazy("JSON type", "string"),
    bool: pgettext_lazy("JSON type", "boolean"),
    int: pgettext_lazy("JSON type", "number"),
    float: pgettext_lazy("JSON type", "number"),
    type(None): pgettext_lazy("JSON type", "null"),
    list: pgettext_lazy("JSON type", "array"),
    dict: pgettext_lazy("JSON type", "object"),
}


@dataclass(frozen=True)
class Answer:
    """One attribute that the guest account will get."""

    label: str
    value: str


@dataclass(frozen=True)
class Claim:
    """One claim as received. `is_carried_over` is False when the guest account will not have it."""

    name: str
    value: str
    type: str
    is_text: bool
    is_carried_over: bool


@dataclass(frozen=True)
class EarlierAnswers:
    """The claims that a pending request had until the applicant submitted others."""

    until: datetime | None
    changed: tuple[Claim, ...]


def answers_of(request: SignUpRequest) -> list[Answer]:
    """The parsed attributes, in reading order."""
    known = [name for name in _ORDER if name in request.attributes]
    names = known + sorted(name for name in request.attributes if name not in _ORDER)
    language = get_language() or "en"
    return [Answer(field_label(name, language), _shown(request.attributes[name])) for name in names]


def claims_of(request: SignUpRequest) -> list[Claim]:
    """Every claim as Entra sent it, in the order in which it came."""
    return list(_claims(request.claims, request.attributes))


def earlier_answers_of(request: SignUpRequest) -> list[EarlierAnswers]:
    """What the applicant had answered before, newest first, each with the claims that the next answers changed."""
    earlier, following = [], request.claims
    for entry in reversed(request.earlier_answers):
        claims = _parsed(entry.get("received"))
        changed = {name: value for name, value in claims.items() if following.get(name, ...) != value}
        earlier.append(EarlierAnswers(_moment(entry.get("until")), tuple(_claims(changed, changed))))
        following = claims
    return earlier


def _claims(claims: dict[str, Any], attributes: dict[str, Any]) -> Iterator[Claim]:
    for name, value in claims.items():
        carried = _SAME_AS.get(name, name) in attributes or name in _ABOUT_THE_CALL
        yield Claim(name, _shown(value), str(_TYPES[type(value)]), isinstance(value, str), carried)


def _shown(value: Any) -> str:
    """A text as it is, anything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _parsed(received: Any) -> dict[str, Any]:
    claims = json.loads(received) if isinstance(received, str) else {}
    return claims if isinstance(claims, dict) else {}


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        return None
