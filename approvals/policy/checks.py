"""How each kind of condition is decided. A check is made once for a condition, and asked for every sign-up."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from approvals.applicant import AttributeValue, Identity
from approvals.policy import domains
from approvals.policy.given import Earlier, Facts, Undecided
from approvals.policy.patterns import Pattern

if TYPE_CHECKING:
    from approvals.policy.conditions import Condition

_NUMBER = re.compile(r"[+-]?\d{1,15}(\.\d{1,9})?", re.ASCII)

# What a check says: None when the condition does not hold, else what was found, which may be nothing to tell.
Check = Callable[[Facts], str | None]
HOLDS = ""


def as_text(value: AttributeValue) -> str:
    """A claim's value as it is compared: a boolean as JSON writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise Undecided("failed")


def _comparable(value: AttributeValue, *, ignore_case: bool) -> str:
    text = unicodedata.normalize("NFC", as_text(value))
    return unicodedata.normalize("NFC", text.casefold()) if ignore_case else text


def _domain_is(condition: Condition) -> Check:
    written = {domains.parse(str(value)): str(value) for value in condition.values}
    return lambda facts: written.get(facts.domain)


def _domain_under(condition: Condition) -> Check:
    written = {domains.parse(str(value)): str(value) for value in condition.values}
    return lambda facts: next((written[each] for each in domains.with_parents(facts.domain) if each in written), None)


def _domain_like(condition: Condition) -> Check:
    wildcards = [(domains.Wildcard.parse(str(value)), str(value)) for value in condition.values]
    return lambda facts: next(
        (text for wildcard, text in wildcards if facts.domain and wildcard.fits(facts.domain)), None
    )


def _domain_in_list(condition: Condition) -> Check:
    def check(facts: Facts) -> str | None:
        entries = facts.lists.get(condition.list_slug)
        if entries is None:
            raise Undecided("no_list")
        return entries.find(facts.domain)

    return check


def _issuer_is(condition: Condition) -> Check:
    written = {Identity("", str(value), "").provider: str(value) for value in condition.values}
    return lambda facts: written.get(facts.issuer)


def _claim_is_there(condition: Condition) -> Check:
    return lambda facts: None if facts.claim(condition.name) is None else HOLDS


def _claim_is(condition: Condition) -> Check:
    ignore_case = condition.ignore_case or condition.name == "email"
    written = {_comparable(value, ignore_case=ignore_case): as_text(value) for value in condition.values}

    def check(facts: Facts) -> str | None:
        value = facts.claim(condition.name)
        return None if value is None else written.get(_comparable(value, ignore_case=ignore_case))

    return check


def _claim_matches(condition: Condition) -> Check:
    pattern = Pattern(condition.pattern, ignore_case=condition.ignore_case or condition.name == "email")

    def check(facts: Facts) -> str | None:
        value = facts.claim(condition.name)
        return None if value is None or not pattern.found_in(as_text(value)) else HOLDS

    return check


def _claim_length(condition: Condition) -> Check:
    def check(facts: Facts) -> str | None:
        value = facts.claim(condition.name)
        return None if value is None else _within(condition, len(as_text(value).strip()))

    return check


def _claim_number(condition: Condition) -> Check:
    def check(facts: Facts) -> str | None:
        value = facts.claim(condition.name)
        if value is None or isinstance(value, bool):
            return None
        text = as_text(value).strip()
        return _within(condition, float(text) if "." in text else int(text)) if _NUMBER.fullmatch(text) else None

    return check


def _within(condition: Condition, number: float) -> str | None:
    enough = condition.least is None or number >= condition.least
    return HOLDS if enough and (condition.most is None or number <= condition.most) else None


def _language_is(condition: Condition) -> Check:
    written = {str(value).replace("_", "-").lower(): str(value) for value in condition.values}

    def check(facts: Facts) -> str | None:
        tag = facts.language
        while tag and tag not in written:
            tag = tag.rpartition("-")[0]
        return written.get(tag)

    return check


def _decided_before(condition: Condition) -> Check:
    def fits(earlier: Earlier, now: datetime) -> bool:
        recent = condition.within_days is None or earlier.at >= now - timedelta(days=condition.within_days)
        place = condition.where == "any_flow" or earlier.this_flow == (condition.where == "this_flow")
        return earlier.decision == condition.test and recent and place

    def check(facts: Facts) -> str | None:
        if facts.earlier_decisions is None:
            raise Undecided("failed")
        return HOLDS if any(fits(each, facts.now) for each in facts.earlier_decisions) else None

    return check


def _hinted(condition: Condition) -> Check:
    def check(facts: Facts) -> str | None:
        if facts.hint_codes is None:
            raise Undecided("failed")
        return next((str(value) for value in condition.values if value in facts.hint_codes), None)

    return check


def _verified(condition: Condition) -> Check:
    return lambda facts: next((str(v) for v in condition.values if v == (facts.verification or "none")), None)


MAKERS: dict[tuple[str, str], Callable[[Condition], Check]] = {
    ("email_domain", "one_of"): _domain_is,
    ("email_domain", "under"): _domain_under,
    ("email_domain", "wildcard"): _domain_like,
    ("email_domain", "in_list"): _domain_in_list,
    ("issuer", "one_of"): _issuer_is,
    ("claim", "present"): _claim_is_there,
    ("claim", "equals"): _claim_is,
    ("claim", "one_of"): _claim_is,
    ("claim", "matches"): _claim_matches,
    ("claim", "length"): _claim_length,
    ("claim", "number"): _claim_number,
    ("language", "one_of"): _language_is,
    ("earlier", "denied"): _decided_before,
    ("earlier", "approved"): _decided_before,
    ("hint", "one_of"): _hinted,
    ("verification", "one_of"): _verified,
}
