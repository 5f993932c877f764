"""Conditions in the document: which fields each kind has, and what they may hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from approvals.applicant import AttributeValue, Identity
from approvals.policy import domains, reading
from approvals.policy.attributes import ATTRIBUTES, LONGEST_NAME, is_attribute
from approvals.policy.conditions import Condition
from approvals.policy.patterns import LONGEST_PATTERN, BadPattern, Pattern
from approvals.policy.reading import Place

MOST_VALUES = 200
LONGEST_VALUE = 256
LONGEST_LENGTH = 2000
MOST_DAYS = 3650

PLACES = ("this_flow", "other_flow", "any_flow")
VERIFICATIONS = ("passed", "failed", "refer", "unavailable", "none")

# The fields of each kind of condition beside `subject`, `test` and `not`.
FORMS: dict[str, dict[str, tuple[str, ...]]] = {
    "email_domain": {"one_of": ("values",), "under": ("values",), "wildcard": ("values",), "in_list": ("list",)},
    "issuer": {"one_of": ("values",)},
    "claim": {
        "present": ("name",),
        "equals": ("name", "value", "ignore_case"),
        "one_of": ("name", "values", "ignore_case"),
        "matches": ("name", "pattern", "ignore_case"),
        "length": ("name", "min", "max"),
        "number": ("name", "min", "max"),
    },
    "language": {"one_of": ("values",)},
    "earlier": {"denied": ("where", "within_days"), "approved": ("where", "within_days")},
    "hint": {"one_of": ("values",)},
    "verification": {"one_of": ("values",)},
}

_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")
_HINT = re.compile(r"[a-z][a-z0-9_]{0,39}")


def parse_condition(place: Place, raw: Any) -> Condition | None:
    """The condition that somebody wrote; None when there is a problem, which is noted."""
    before = len(place.problems)
    if not isinstance(raw, dict):
        place.note("", _("a condition must have a subject and a test."))
        return None
    subject = reading.choice(place, raw.get("subject"), "subject", FORMS)
    tests = FORMS.get(subject, {})
    test = reading.choice(place, raw.get("test"), "test", tests) if tests else ""
    if not test:
        return None
    place.note_unknown(raw, ("subject", "test", "not", *tests[test]))
    fields: dict[str, Any] = {"negated": reading.flag(place, raw, "not")}
    for field in tests[test]:
        _FIELDS[field](place, raw, fields, subject)
    return None if len(place.problems) > before else Condition(subject, test, **fields)


def _bad_pattern(code: str) -> str:
    if code == "too_large":
        return _("this pattern is too complicated: please use smaller repetitions.")
    return _("this is no pattern (RE2 syntax).")


def _name(place: Place, raw: Mapping[Any, Any], fields: dict[str, Any], _subject: str) -> None:
    name = reading.text(place, raw.get("name"), "name", LONGEST_NAME)
    if name and name != "email" and not is_attribute(name):
        place.note("name", unknown_attribute(name))
    fields["name"] = name


def unknown_attribute(name: str) -> str:
    """What to say of a name that no attribute has."""
    known = ", ".join(ATTRIBUTES)
    return _("there is no attribute “%(name)s”. There are: %(known)s, and extension_(32 digits)_Name.") % {
        "name": reading.as_name(name),
        "known": known,
    }


def _values(place: Place, raw: Mapping[Any, Any], fields: dict[str, Any], subject: str) -> None:
    read = _wildcard if raw.get("test") == "wildcard" else _VALUES[subject]
    values = [read(place, value) for value in reading.items(place, raw.get("values"), "values", MOST_VALUES)]
    # 1 and true are equal to Python, and two values here.
    each_once = dict.fromkeys((type(value), value) for value in values if value is not None)
    fields["values"] = tuple(value for _kind, value in each_once)


def _value(place: Place, raw: Mapping[Any, Any], fields: dict[str, Any], _subject: str) -> None:
    value = scalar(place, raw.get("value"), "value")
    fields["values"] = () if value is None else (value,)


def _list(place: Place, raw: Mapping[Any, Any], fields: dict[str, Any], _subject: str) -> None:
    fields["list_slug"] = reading.slug(place, raw.get("list"), "list", 50)


def _pattern(place: Place, raw: Mapping[Any, Any], fields: dict[str, Any], _subject: str) -> None:
    fields["pattern"] = reading.text(place, raw.get("pattern"), "pattern", LONGEST_PATTERN)
    try:
        Pattern(fields["pattern"], ignore_case=raw.get("ignore_case") is True)
    except BadPattern as bad:
        place.note("pattern", _bad_pattern(bad.code))


def _least(place: Place, raw: Mapping[Any, Any], fields: dict[str, Any], _subject: str) -> None:
    fields["least"] = _bound(place, raw, "min")


def _most(place: Place, raw: Mapping[Any, Any], fields: dict[str, Any], _subject: str) -> None:
    least, most = fields["least"], _bound(place, raw, "max")
    fields["most"] = most
    if raw.get("min") is None and raw.get("max") is None:
        place.note("min", _("please give the smallest or the largest, or both."))
    if least is not None and most is not None and least > most:
        place.note("max", _("the largest is smaller than the smallest."))


def _bound(place: Place, raw: Mapping[Any, Any], field: str) -> float | None:
    if raw.get("test") == "length":
        return reading.number(place, raw.get(field), field, whole=True, least=0, most=LONGEST_LENGTH)
    return reading.number(place, raw.get(field), field)


def _where(place: Place, raw: Mapping[Any, Any], fields: dict[str, Any], _subject: str) -> None:
    fields["where"] = reading.choice(place, raw.get("where"), "where", PLACES, "this_flow")


def _within_days(place: Place, raw: Mapping[Any, Any], fields: dict[str, Any], _subject: str) -> None:
    days = reading.number(place, raw.get("within_days"), "within_days", whole=True, least=1, most=MOST_DAYS)
    fields["within_days"] = None if days is None else int(days)


def _ignore_case(place: Place, raw: Mapping[Any, Any], fields: dict[str, Any], _subject: str) -> None:
    fields["ignore_case"] = reading.flag(place, raw, "ignore_case")


_FIELDS: dict[str, Callable[[Place, Mapping[Any, Any], dict[str, Any], str], None]] = {
    "name": _name,
    "values": _values,
    "value": _value,
    "list": _list,
    "pattern": _pattern,
    "min": _least,
    "max": _most,
    "where": _where,
    "within_days": _within_days,
    "ignore_case": _ignore_case,
}


def scalar(place: Place, raw: Any, field: str, longest: int = LONGEST_VALUE) -> AttributeValue | None:
    """A value that an attribute can have: a text that is not empty, a boolean or a 32-bit integer."""
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, int):
        if -(2**31) <= raw < 2**31:
            return raw
        place.note(field, _("this number is too large for an attribute."))
        return None
    return reading.text(place, raw, field, longest) or None


def _scalar_value(place: Place, raw: Any) -> AttributeValue | None:
    return scalar(place, raw, "values")


def _domain(place: Place, raw: Any) -> str | None:
    typed = reading.text(place, raw, "values", domains.LONGEST)
    try:
        return domains.readable(domains.parse(typed)) if typed else None
    except ValueError:
        place.note("values", _("“%(value)s” is no domain.") % {"value": reading.as_name(typed)})
        return None


def _wildcard(place: Place, raw: Any) -> str | None:
    typed = reading.text(place, raw, "values", domains.LONGEST_WILDCARD)
    try:
        return domains.Wildcard.parse(typed).written if typed else None
    except ValueError:
        place.note("values", _("“%(value)s” cannot be compared with a domain.") % {"value": reading.as_name(typed)})
        return None


def _issuer(place: Place, raw: Any) -> str | None:
    return Identity("", reading.text(place, raw, "values", LONGEST_VALUE), "").provider or None


def _language(place: Place, raw: Any) -> str | None:
    tag = reading.text(place, raw, "values", 35)
    if tag and not _LANGUAGE.fullmatch(tag):
        place.note("values", _("“%(value)s” is no language, such as de or de-AT.") % {"value": reading.as_name(tag)})
        return None
    return tag.replace("_", "-").lower() or None


def _hint(place: Place, raw: Any) -> str | None:
    code = reading.text(place, raw, "values", 40)
    if code and not _HINT.fullmatch(code):
        place.note("values", _("“%(value)s” is no hint.") % {"value": reading.as_name(code)})
        return None
    return code or None


def _verification(place: Place, raw: Any) -> str | None:
    return reading.choice(place, raw, "values", VERIFICATIONS) or None


_VALUES: dict[str, Callable[[Place, Any], AttributeValue | None]] = {
    "email_domain": _domain,
    "issuer": _issuer,
    "claim": _scalar_value,
    "language": _language,
    "hint": _hint,
    "verification": _verification,
}
