"""A hint: something that makes a request worth a second look, or helps to judge it. None of them decides anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

LOOK_ALIKE = "look_alike"
DISPOSABLE = "disposable"
FREE_MAIL = "free_mail"
FIRST_FROM_DOMAIN = "first_from_domain"
DENIED_BEFORE = "denied_before"
SAME_PERSON_ELSEWHERE = "same_person_elsewhere"
IMITATES_COLLEAGUE = "imitates_colleague"
LINK_IN_NAME = "link_in_name"
MIXED_SCRIPTS = "mixed_scripts"
UNUSUAL_VOLUME = "unusual_volume"

# In the order in which they are shown: what is worth a look comes first.
CODES = (
    LOOK_ALIKE,
    IMITATES_COLLEAGUE,
    DENIED_BEFORE,
    DISPOSABLE,
    MIXED_SCRIPTS,
    LINK_IN_NAME,
    UNUSUAL_VOLUME,
    FREE_MAIL,
    SAME_PERSON_ELSEWHERE,
    FIRST_FROM_DOMAIN,
)
FOR_INFORMATION = frozenset({FIRST_FROM_DOMAIN, SAME_PERSON_ELSEWHERE})


@dataclass(frozen=True)
class Hint:
    """What was noticed, with what its sentence needs as plain JSON. `approvals.hints.words` makes the sentence."""

    code: str
    facts: dict[str, Any] = field(default_factory=dict)
