"""Reading a document that anybody may have written: each value is checked, and every problem is noted with its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext as _

from approvals.plaintext import plain, shorten
from approvals.policy.errors import Problem

MOST_PROBLEMS = 200
LONGEST_NUMBER = 10**15

_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_BAD = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True)
class Place:
    """A place in the document. Problems of all places go into the same list."""

    problems: list[Problem]
    rule: int | None = None
    rule_id: str = ""
    condition: int | None = None

    def of_rule(self, number: int, rule_id: str) -> Place:
        """A rule in it."""
        return replace(self, rule=number, rule_id=rule_id)

    def of_condition(self, number: int) -> Place:
        """A condition in it."""
        return replace(self, condition=number)

    def note(self, field: str, sentence: str) -> None:
        """Note a problem. Of a document that is all wrong, the first MOST_PROBLEMS are enough."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(sentence, self.rule, self.rule_id, self.condition, field))

    def note_unknown(self, raw: Mapping[Any, Any], known: Collection[str], field: str = "") -> None:
        """Note the names that mean nothing here."""
        for name in list(raw)[:20]:
            if name not in known:
                self.note(field, _("nothing is known as “%(name)s” here.") % {"name": as_name(name)})


def as_name(raw: Any) -> str:
    """What somebody wrote where a name belongs, fit to be shown."""
    return shorten(plain(raw[:80]), 40) if isinstance(raw, str) else type(raw).__name__


def text(place: Place, raw: Any, field: str, longest: int, *, required: bool = True) -> str:
    """One line of text without white space around it; empty after a problem."""
    if raw is None and not required:
        return ""
    if not isinstance(raw, str):
        place.note(field, _missing() if raw is None else _not_a_text())
        return ""
    if len(raw) > longest + 100 or len(raw.strip()) > longest:
        place.note(field, _("at most %(limit)s characters.") % {"limit": longest})
        return ""
    if _BAD.search(raw.strip()):
        place.note(field, _("this holds a line break or another control character."))
        return ""
    if required and not raw.strip():
        place.note(field, _missing())
    return raw.strip()


def _missing() -> str:
    return _("this is missing.")


def _not_a_text() -> str:
    return _("this must be a text; a number or a word like “true” needs quotes.")


def slug(place: Place, raw: Any, field: str, longest: int) -> str:
    """A name for programs: small letters, digits, and dashes between them."""
    name = text(place, raw, field, longest)
    if name and not _SLUG.fullmatch(name):
        place.note(field, _("please use small letters, digits and dashes only."))
        return ""
    return name


def flag(place: Place, raw: Mapping[Any, Any], field: str, *, default: bool = False) -> bool:
    """True or false; the default when it is left out."""
    value = raw.get(field, default)
    if not isinstance(value, bool):
        place.note(field, _("this must be true or false."))
        return default
    return value


def choice(place: Place, raw: Any, field: str, choices: Collection[str], default: str = "") -> str:
    """One of a few words; the default when it is left out."""
    if raw is None and default:
        return default
    if not isinstance(raw, str) or raw not in choices:
        place.note(field, _("please choose one of: %(choices)s.") % {"choices": ", ".join(choices)})
        return default
    return raw


def items(place: Place, raw: Any, field: str, most: int, *, required: bool = True) -> list[Any]:
    """The items of a list, at most so many of them."""
    if not isinstance(raw, list):
        place.note(field, _("this must be a list."))
        return []
    if required and not raw:
        place.note(field, _("this needs at least one value."))
    if len(raw) > most:
        place.note(field, _("at most %(limit)s are possible here.") % {"limit": most})
    return raw[:most]


def number(
    place: Place, raw: Any, field: str, *, whole: bool = False, least: int = -LONGEST_NUMBER, most: int = LONGEST_NUMBER
) -> float | None:
    """A number between bounds; None when it is left out, and after a problem. A whole one is an int."""
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int | float):
        place.note(field, _("this must be a number."))
        return None
    if not least <= raw <= most:
        place.note(field, _("this must be a number from %(least)s to %(most)s.") % {"least": least, "most": most})
        return None
    if raw != int(raw) and whole:
        place.note(field, _("this must be a whole number."))
        return None
    return int(raw) if raw == int(raw) else raw
