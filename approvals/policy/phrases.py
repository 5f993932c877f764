"""Conditions in plain words: each a clause that stands after “if”, such as “the email domain is fabrikam.com”.

A condition is taken as the document or an evaluation has it. One that holds what none of ours would is not worth an
error on a page: it is told as well as it can be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import get_language, get_language_info, ngettext
from django.utils.translation import gettext as _

from approvals.applicant import Identity, provider_name
from approvals.policy.conditions import Condition
from approvals.policy.given import MICROSOFT
from approvals.texts import field_label

Raw = Mapping[str, Any]


def clause(condition: Condition | Raw) -> str:
    """The condition as a clause."""
    raw = condition.as_document() if isinstance(condition, Condition) else condition
    words = _CLAUSES.get((str(raw.get("subject")), str(raw.get("test"))), _unknown)
    return words(raw, raw.get("not") is True)


def found_clause(raw: Raw) -> str:
    """What of a condition was found in a sign-up, such as “email domain is fabrikam.com” of ten that would do."""
    found = raw.get("found")
    if not found:
        return clause(raw)
    if raw.get("subject") == "email_domain" and raw.get("not") is not True:
        return _found_domain(str(raw.get("test")), str(found), str(raw.get("list")))
    shown = {**raw, "values": [found], "more": 0}
    return clause({**shown, "value": found} if "value" in raw else shown)


def _found_domain(test: str, found: str, list_slug: str) -> str:
    if test == "in_list":
        return _("email domain is on the list “%(list)s” as %(domain)s") % {"list": list_slug, "domain": found}
    if test == "under":
        return _("email domain is %(domain)s or below it") % {"domain": found}
    if test == "wildcard":
        return _("email domain looks like %(domain)s") % {"domain": found}
    return _("email domain is %(domain)s") % {"domain": found}


def any_of(words: Sequence[str], more: int = 0) -> str:
    """One or the other, as “a, b or c”."""
    words = [*words, ngettext("%(count)s other", "%(count)s others", more) % {"count": more}] if more else list(words)
    if len(words) < 2:
        return "".join(words)
    return _("%(several)s or %(last)s") % {"several": ", ".join(words[:-1]), "last": words[-1]}


def attribute_label(name: str) -> str:
    """What people call a claim."""
    return field_label(name, get_language() or "en")


def shown_value(value: Any) -> str:
    """A claim's value as it is told."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value)


def _values(raw: Raw, say: Callable[[str], str] = str) -> str:
    values, more = raw.get("values"), raw.get("more")
    listed = values if isinstance(values, list) else []
    return any_of([say(shown_value(value)) for value in listed], more if isinstance(more, int) else 0)


def _domain_is(raw: Raw, negated: bool) -> str:
    words = _("the email domain is not %(domains)s") if negated else _("the email domain is %(domains)s")
    return words % {"domains": _values(raw)}


def _domain_under(raw: Raw, negated: bool) -> str:
    if negated:
        return _("the email domain is neither %(domains)s nor below") % {"domains": _values(raw)}
    return _("the email domain is %(domains)s or below it") % {"domains": _values(raw)}


def _domain_like(raw: Raw, negated: bool) -> str:
    if negated:
        return _("the email domain does not look like %(domains)s") % {"domains": _values(raw)}
    return _("the email domain looks like %(domains)s") % {"domains": _values(raw)}


def _domain_in_list(raw: Raw, negated: bool) -> str:
    if negated:
        return _("the email domain is not on the list “%(list)s”") % {"list": raw.get("list")}
    return _("the email domain is on the list “%(list)s”") % {"list": raw.get("list")}


def _issuer(raw: Raw, negated: bool) -> str:
    words = (
        _("the person does not sign in with %(providers)s") if negated else _("the person signs in with %(providers)s")
    )
    return words % {"providers": _values(raw, _provider)}


def _provider(issuer: str) -> str:
    return provider_name(None if issuer == MICROSOFT else Identity("", issuer, ""))


def _present(raw: Raw, negated: bool) -> str:
    return (_("%(claim)s is missing") if negated else _("%(claim)s is given")) % _claim(raw)


def _equals(raw: Raw, negated: bool) -> str:
    values = shown_value(raw["value"]) if "value" in raw else _values(raw)
    words = _("%(claim)s is not “%(values)s”") if negated else _("%(claim)s is “%(values)s”")
    return words % _claim(raw, values=values)


def _one_of(raw: Raw, negated: bool) -> str:
    words = _("%(claim)s is not %(values)s") if negated else _("%(claim)s is %(values)s")
    return words % _claim(raw, values=_values(raw, "“{}”".format))


def _matches(raw: Raw, negated: bool) -> str:
    if negated:
        return _("%(claim)s does not match the pattern %(pattern)s") % _claim(raw, pattern=raw.get("pattern"))
    return _("%(claim)s matches the pattern %(pattern)s") % _claim(raw, pattern=raw.get("pattern"))


def _length(raw: Raw, negated: bool) -> str:
    least, most = raw.get("min"), raw.get("max")
    if least is not None and most is not None:
        words = _("%(claim)s has from %(min)s to %(max)s characters")
        words_not = _("%(claim)s is missing or does not have from %(min)s to %(max)s characters")
    elif least is not None:
        words = _("%(claim)s has at least %(min)s characters")
        words_not = _("%(claim)s is missing or has fewer than %(min)s characters")
    else:
        words = _("%(claim)s has at most %(max)s characters")
        words_not = _("%(claim)s is missing or has more than %(max)s characters")
    return (words_not if negated else words) % _claim(raw, min=least, max=most)


def _number(raw: Raw, negated: bool) -> str:
    least, most = raw.get("min"), raw.get("max")
    if least is not None and most is not None:
        words = _("%(claim)s is a number from %(min)s to %(max)s")
        words_not = _("%(claim)s is no number from %(min)s to %(max)s")
    elif least is not None:
        words, words_not = _("%(claim)s is at least %(min)s"), _("%(claim)s is no number of at least %(min)s")
    else:
        words, words_not = _("%(claim)s is at most %(max)s"), _("%(claim)s is no number of at most %(max)s")
    return (words_not if negated else words) % _claim(raw, min=least, max=most)


def _claim(raw: Raw, **values: Any) -> dict[str, Any]:
    return {"claim": attribute_label(str(raw.get("name"))), **values}


def _language(raw: Raw, negated: bool) -> str:
    words = _("the language is not %(languages)s") if negated else _("the language is %(languages)s")
    return words % {"languages": _values(raw, _language_name)}


def _language_name(tag: str) -> str:
    try:
        return str(get_language_info(tag)["name_translated"])
    except KeyError:
        return tag


def _earlier(raw: Raw, negated: bool) -> str:
    return " ".join(part for part in (_decided(raw, negated), _decided_when(raw)) if part)


def _decided(raw: Raw, negated: bool) -> str:
    sentences = {
        ("denied", "this_flow"): (_("this person was denied before"), _("this person was not denied before")),
        ("denied", "other_flow"): (
            _("this person was denied in another user flow"),
            _("this person was not denied in another user flow"),
        ),
        ("denied", "any_flow"): (
            _("this person was denied in any user flow"),
            _("this person was not denied in any user flow"),
        ),
        ("approved", "this_flow"): (_("this person was approved before"), _("this person was not approved before")),
        ("approved", "other_flow"): (
            _("this person was approved in another user flow"),
            _("this person was not approved in another user flow"),
        ),
        ("approved", "any_flow"): (
            _("this person was approved in any user flow"),
            _("this person was not approved in any user flow"),
        ),
    }
    pair = sentences.get((str(raw.get("test")), str(raw.get("where", "this_flow"))))
    return pair[negated] if pair else _unknown(raw, negated)


def _decided_when(raw: Raw) -> str:
    days = raw.get("within_days")
    if not isinstance(days, int):
        return ""
    return ngettext("within the last day", "within the last %(days)s days", days) % {"days": days}


def _hint(raw: Raw, negated: bool) -> str:
    words = _("there is no hint “%(hints)s”") if negated else _("there is a hint “%(hints)s”")
    return words % {"hints": _values(raw, lambda code: code.replace("_", " "))}


def _verification(raw: Raw, negated: bool) -> str:
    words = (
        _("the identity verification is not: %(outcomes)s")
        if negated
        else _("the identity verification is: %(outcomes)s")
    )
    return words % {"outcomes": _values(raw, _verification_name)}


def _verification_name(code: str) -> str:
    names = {
        "passed": _("passed"),
        "failed": _("failed"),
        "refer": _("referred to a person"),
        "unavailable": _("not available"),
        "none": _("not made yet"),
    }
    return names.get(code, code)


def _unknown(_raw: Raw, _negated: bool) -> str:
    return _("a condition that this version of Foyer does not know")


_CLAUSES: dict[tuple[str, str], Callable[[Raw, bool], str]] = {
    ("email_domain", "one_of"): _domain_is,
    ("email_domain", "under"): _domain_under,
    ("email_domain", "wildcard"): _domain_like,
    ("email_domain", "in_list"): _domain_in_list,
    ("issuer", "one_of"): _issuer,
    ("claim", "present"): _present,
    ("claim", "equals"): _equals,
    ("claim", "one_of"): _one_of,
    ("claim", "matches"): _matches,
    ("claim", "length"): _length,
    ("claim", "number"): _number,
    ("language", "one_of"): _language,
    ("earlier", "denied"): _earlier,
    ("earlier", "approved"): _earlier,
    ("hint", "one_of"): _hint,
    ("verification", "one_of"): _verification,
}
