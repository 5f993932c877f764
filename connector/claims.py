"""From Entra's JSON to an Applicant. Pure: no request, no database.

Source of the shapes: entra-docs, external-id/self-service-sign-up-add-api-connector; the lengths are those of Graph's
user resource. A claim without a value is absent; `lastName` at the first step is `surname` at the second.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from approvals.applicant import Applicant, AttributeValue, Identity
from approvals.policy.attributes import ATTRIBUTES, LONGEST_EXTENSION_VALUE

LONGEST_EMAIL = 254
LONGEST_ISSUER = 512
LONGEST_ISSUER_ASSIGNED_ID = 512
LONGEST_LOCALE = 35
LOCALES_KEPT = 10

_EXTENSION = re.compile(r"extension_[0-9a-fA-F]{32}_\w+", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)*")
# Unicode's categories Cc and Cs.
_BAD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_BETWEEN_LOCALES = re.compile(r"[\s,;]+")
_LOCALE = re.compile(r"[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*")
_INT32 = range(-(2**31), 2**31)


class Unusable(Exception):
    """A call that says nothing which could be recorded. `code` says what is wrong with it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Correctable:
    """A value that the applicant can mend on the form: `code` is too_long, bad_characters or wrong_form."""

    field: str
    code: str
    limit: int | None = None


@dataclass(frozen=True)
class SignUp:
    """One call of Entra's, understood."""

    applicant: Applicant
    corrections: tuple[Correctable, ...] = ()


def parse(body: Any) -> SignUp:
    """What a claim set says. Raises Unusable when it names no one.

    Claims of an unexpected type are not guessed at: they stay in `received`, where a reviewer sees them, and are not
    among the attributes that the guest will get.
    """
    if not isinstance(body, dict):
        raise Unusable("not_an_object")
    named = _by_graph_names(body)
    corrections = tuple(_corrections(named))
    to_correct = {problem.field for problem in corrections}
    applicant = Applicant(
        email=_email(body.get("email")),
        identities=tuple(_identities(body.get("identities"))),
        attributes={name: value for name, value in named.items() if name not in to_correct},
        locales=locales_of(body.get("ui_locales")),
        received=_as_text(body),
    )
    return SignUp(applicant, corrections)


def _as_text(body: dict[str, Any]) -> str:
    """The claims as ASCII JSON: NUL and lone surrogates, which a database refuses, survive as escapes."""
    try:
        return json.dumps(body)
    except RecursionError as error:
        raise Unusable("not_json") from error


def _email(value: Any) -> str:
    if not isinstance(value, str):
        raise Unusable("no_email")
    email = value.strip()
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email) or _has_bad_characters(email):
        raise Unusable("no_email")
    return email


def _identities(value: Any) -> Iterator[Identity]:
    """The identities, which Entra sends for Google, Facebook and email one-time passcode only.

    One that cannot be read makes the call unusable: without it the person would be taken for whoever else has the
    address.
    """
    if value is None or value == []:
        return
    if not isinstance(value, list):
        raise Unusable("bad_identities")
    for entry in value:
        yield _identity(entry)


def _identity(entry: Any) -> Identity:
    if not isinstance(entry, dict):
        raise Unusable("bad_identities")
    issuer = _usable_text(entry.get("issuer"), LONGEST_ISSUER)
    assigned = _usable_text(entry.get("issuerAssignedId"), LONGEST_ISSUER_ASSIGNED_ID)
    if not issuer or not assigned:
        raise Unusable("bad_identities")
    return Identity(_usable_text(entry.get("signInType"), 64) or "federated", issuer, assigned)


def _by_graph_names(body: Mapping[str, Any]) -> dict[str, AttributeValue]:
    """The claims that Graph knows as properties of a user, with a value of the right type."""
    surname = body.get("surname") if isinstance(body.get("surname"), str) else body.get("lastName")
    claims = {**body, "surname": surname}
    text = {name: claims[name].strip() for name in ATTRIBUTES if isinstance(claims.get(name), str)}
    named: dict[str, AttributeValue] = {name: value for name, value in text.items() if value}
    named.update((name, value) for name, value in body.items() if _EXTENSION.fullmatch(name) and _is_scalar(value))
    return named


def _is_scalar(value: Any) -> bool:
    """Whether a custom attribute can hold it: string, boolean or 32-bit integer, each kept as its JSON type."""
    if isinstance(value, str):
        return bool(value.strip())
    return isinstance(value, bool) or (isinstance(value, int) and value in _INT32)


def _corrections(named: Mapping[str, AttributeValue]) -> Iterator[Correctable]:
    for name, value in named.items():
        if not isinstance(value, str):
            continue
        limit = ATTRIBUTES.get(name, LONGEST_EXTENSION_VALUE)
        if _has_bad_characters(value, allowed="\n\r\t" if _may_have_lines(name) else ""):
            yield Correctable(name, "bad_characters")
        elif len(value) > limit:
            yield Correctable(name, "too_long", limit)


def _may_have_lines(name: str) -> bool:
    """Whether a person may rightly press Enter in it: in an address, and in an answer to a question of the tenant's own."""
    return name == "streetAddress" or name.startswith("extension_")


def _has_bad_characters(value: str, allowed: str = "") -> bool:
    """Whether a text holds what no name holds and some databases refuse: control characters, lone surrogates."""
    found = _BAD.findall(value)
    return bool(found) and any(each not in allowed for each in found)


def _usable_text(value: Any, longest: int) -> str:
    """The text without white space around it; empty when it is not text, too long, or not fit to be kept."""
    usable = isinstance(value, str) and len(value.strip()) <= longest and not _has_bad_characters(value)
    return value.strip() if usable else ""


def locales_of(value: Any) -> tuple[str, ...]:
    """`ui_locales` as a list: documented with one tag, defined by OpenID Connect as several with spaces between."""
    if not isinstance(value, str):
        return ()
    usable = [tag for tag in _BETWEEN_LOCALES.split(value) if _LOCALE.fullmatch(tag)]
    return tuple(tag[:LONGEST_LOCALE] for tag in usable[:LOCALES_KEPT])
