"""Hints in words, for one reader: each a sentence with its reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy

from approvals.hints import hint
from approvals.hints.letters import scripts
from approvals.hints.look_alike import How

Facts = Mapping[str, Any]
FlowNames = Mapping[int, str]
Values = dict[str, str | int]
Said = tuple[str, Values]

_SCRIPTS: dict[str, Promise] = {
    "LATIN": pgettext_lazy("script", "Latin"),
    "CYRILLIC": pgettext_lazy("script", "Cyrillic"),
    "GREEK": pgettext_lazy("script", "Greek"),
    "ARABIC": pgettext_lazy("script", "Arabic"),
    "HEBREW": pgettext_lazy("script", "Hebrew"),
    "HAN": pgettext_lazy("script", "Chinese"),
    "ARMENIAN": pgettext_lazy("script", "Armenian"),
}


@dataclass(frozen=True)
class Shown:
    """A hint as one reader may see it. `text` has a place for each of the values, some of which the applicant chose."""

    code: str
    level: str
    text: str
    values: Values = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The whole sentence, as plain text."""
        return self.text % self.values

    @property
    def is_worth_a_look(self) -> bool:
        """Whether it is more than information."""
        return self.level == "look"


def level_of(code: str) -> str:
    """`look` for what is worth a second look, `info` for what only helps to judge."""
    return "info" if code in hint.FOR_INFORMATION else "look"


def tells_of_flows(stored: Iterable[Any]) -> bool:
    """Whether any of these stored hints tells of user flows, so that `shown` needs to know which the reader reviews."""
    return any(isinstance(each, dict) and each.get("code") == hint.SAME_PERSON_ELSEWHERE for each in stored)


def shown(stored: Iterable[Any], flows: FlowNames) -> list[Shown]:
    """The hints of a request, as they are stored, for somebody who reviews these flows (names by their keys).

    What happened in another flow is not told. A hint that this release does not know, or whose facts are not whole, is
    left out.
    """
    told = (_shown(each, flows) for each in stored if isinstance(each, dict))
    return [each for each in told if each is not None]


def _shown(stored: Facts, flows: FlowNames) -> Shown | None:
    code, facts = stored.get("code"), stored.get("facts")
    say = _SENTENCES.get(code) if isinstance(code, str) else None
    if say is None or not isinstance(code, str) or not isinstance(facts, dict):
        return None
    try:
        said = say(facts, flows)
    except (KeyError, TypeError, ValueError):
        return None
    return Shown(code, level_of(code), *said) if said else None


def _look_alike(facts: Facts, _flows: FlowNames) -> Said:
    values: Values = {"domain": facts["domain"], "partner": facts["partner"]}
    if "decoded" in facts:
        values["decoded"] = facts["decoded"]
        if scripts(facts["decoded"]) - scripts(facts["partner"]):
            return _(
                "The domain %(domain)s reads %(decoded)s, with letters from another script. It looks like %(partner)s, "
                "a known partner."
            ), values
        return _("The domain %(domain)s reads %(decoded)s. It looks like %(partner)s, a known partner."), values
    if facts["how"] == How.EDIT:
        values["letters"] = int(facts["letters"])
        return ngettext(
            "The domain %(domain)s looks like %(partner)s, a known partner: it differs in one letter.",
            "The domain %(domain)s looks like %(partner)s, a known partner: it differs in %(letters)s letters.",
            int(facts["letters"]),
        ), values
    return _LIKENESSES[facts["how"]](), values


_LIKENESSES: dict[str, Callable[[], str]] = {
    How.INSIDE: lambda: _(
        "The domain %(domain)s contains %(partner)s, a known partner, but lies under another domain."
    ),
    How.ENDING: lambda: _("The domain %(domain)s has the name of %(partner)s, a known partner, and another ending."),
    How.LETTERS: lambda: _(
        "The domain %(domain)s looks like %(partner)s, a known partner: some of its letters or digits are easily "
        "mistaken for others."
    ),
}


def _imitates_colleague(facts: Facts, _flows: FlowNames) -> Said:
    return _("The name looks like that of %(name)s, who reviews requests here."), {"name": facts["name"]}


def _denied_before(facts: Facts, _flows: FlowNames) -> Said:
    count = int(facts["count"])
    return ngettext(
        "This person was denied before, as %(reference)s.",
        "This person was denied %(count)s times before, last as %(reference)s.",
        count,
    ), {"reference": facts["reference"], "count": count}


def _disposable(facts: Facts, _flows: FlowNames) -> Said:
    if facts["listed"] != facts["domain"]:
        values: Values = {"domain": facts["domain"], "listed": facts["listed"]}
        return _("Addresses at %(domain)s are thrown away after use: %(listed)s is a disposable mail service."), values
    return _("Addresses at %(domain)s are thrown away after use: it is a disposable mail service."), {
        "domain": facts["domain"]
    }


def _mixed_scripts(facts: Facts, _flows: FlowNames) -> Said:
    found = ", ".join(str(_SCRIPTS.get(script, str(script).capitalize())) for script in facts["scripts"])
    values: Values = {"word": facts["word"], "scripts": found}
    if facts["where"] == "name":
        return _("The name has letters of different scripts in one word, %(word)s: %(scripts)s."), values
    values["domain"] = facts["domain"]
    return _("The domain %(domain)s has letters of different scripts in one word, %(word)s: %(scripts)s."), values


def _link_in_name(facts: Facts, _flows: FlowNames) -> Said:
    if facts["found"] == "address":
        return _("The name contains a mail address."), {}
    if facts["found"] == "phone":
        return _("The name contains a telephone number."), {}
    return _("The name contains a link."), {}


def _unusual_volume(facts: Facts, _flows: FlowNames) -> Said:
    count, usual = int(facts["count"]), int(facts["usual"])
    values: Values = {"domain": facts["domain"], "count": count, "usual": usual}
    if usual == 0:
        return _("%(count)s requests came from %(domain)s within a day, and hardly any in the weeks before."), values
    return _("%(count)s requests came from %(domain)s within a day; usual are %(usual)s."), values


def _free_mail(facts: Facts, _flows: FlowNames) -> Said:
    return _("Anybody can have an address at %(domain)s, and this user flow expects people from organisations."), {
        "domain": facts["domain"]
    }


def _same_person_elsewhere(facts: Facts, flows: FlowNames) -> Said | None:
    others = [each for each in facts["requests"] if each["flow"] in flows]
    if not others:
        return None
    names = list(dict.fromkeys(flows[each["flow"]] for each in others))
    # What is told is the latest, unless one was denied.
    told = next((each for each in others if each["denied"]), others[0])
    values: Values = {"flow": flows[told["flow"]], "reference": told["reference"], "count": len(names)}
    if told["denied"]:
        return _("The same person also asked in %(flow)s, as %(reference)s, and was denied there."), values
    if len(names) == 1:
        return _("The same person also asked in %(flow)s, as %(reference)s."), values
    return _("The same person also asked in %(count)s other user flows, last in %(flow)s as %(reference)s."), values


def _first_from_domain(facts: Facts, _flows: FlowNames) -> Said:
    if "decoded" in facts:
        values: Values = {"domain": facts["domain"], "decoded": facts["decoded"]}
        return _("This is the first request from %(domain)s, which reads %(decoded)s."), values
    return _("This is the first request from %(domain)s."), {"domain": facts["domain"]}


_SENTENCES: dict[str, Callable[[Facts, FlowNames], Said | None]] = {
    hint.LOOK_ALIKE: _look_alike,
    hint.IMITATES_COLLEAGUE: _imitates_colleague,
    hint.DENIED_BEFORE: _denied_before,
    hint.DISPOSABLE: _disposable,
    hint.MIXED_SCRIPTS: _mixed_scripts,
    hint.LINK_IN_NAME: _link_in_name,
    hint.UNUSUAL_VOLUME: _unusual_volume,
    hint.FREE_MAIL: _free_mail,
    hint.SAME_PERSON_ELSEWHERE: _same_person_elsewhere,
    hint.FIRST_FROM_DOMAIN: _first_from_domain,
}
