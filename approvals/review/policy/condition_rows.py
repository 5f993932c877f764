"""One condition as a form. All fields of all kinds are there at once, and those of the chosen kind count.

So a kind can be tried and left again without losing what was typed, and no script is needed: the style sheet shows the
fields of the kind that is chosen.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from approvals.applicant import AttributeValue
from approvals.models import DomainList
from approvals.policy.checks import as_text
from approvals.policy.condition_form import FORMS
from approvals.review.policy.fields import Words, area, line, several
from approvals.review.policy.kinds import HINTS, ISSUERS, KINDS, KINDS_OF, OWN_NAMES, PLACES, VALUES, VERIFICATIONS
from approvals.review.policy.lines import lines_of, words_of

Choices = list[tuple[str, Words]]


def list_choices() -> Choices:
    """The lists of domains by their slugs."""
    rows = DomainList.objects.order_by("name").values_list("slug", "name")
    return [("", _("Choose a list")), *((slug, f"{name} ({slug})") for slug, name in rows)]


class ConditionForm(forms.Form):
    """One condition. `number` is what its fields begin with, `place` where it stands, from 1."""

    kind = forms.ChoiceField(
        label=_("What must hold"), required=False, choices=[("", _("Choose what to look at")), *KINDS]
    )
    negated = forms.BooleanField(label=_("Not: it holds when this is not so"), required=False)
    name = line(_("Claim"), _("Such as jobTitle, or extension_(32 digits)_Name."), list="claim-names")
    domains = area(
        _("Domains, one on each line"), 3, _("Such as fabrikam.com. Where it looks like one, * is any characters.")
    )
    list_slug = forms.ChoiceField()
    issuers = several(_("Signs in with"), ISSUERS)
    other_issuers = area(_("Other issuers, one on each line"), 2)
    value = line(_("Value"))
    values = area(_("Values, one on each line"), 3)
    pattern = line(_("Pattern"), _("RE2 syntax, found anywhere in the value; ^ and $ for its beginning and end."))
    ignore_case = forms.BooleanField(label=_("Capital and small letters are the same"), required=False)
    least = line(_("At least"), inputmode="decimal")
    most = line(_("At most"), inputmode="decimal")
    languages = line(_("Languages"), _("Such as de, fr-CA."))
    where = forms.ChoiceField(label=_("Where"), required=False, choices=list(PLACES.items()), initial="this_flow")
    within_days = line(_("Within the last days"), _("Left empty: at any time."), inputmode="numeric")
    hints = forms.MultipleChoiceField()
    verifications = several(_("Outcomes"), VERIFICATIONS)

    def __init__(
        self, number: int, place: int, data: Any = None, *, lists: Choices, stored: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(data, prefix=f"c{number}", initial=initial_of(stored) if stored else None)
        self.number, self.place, self.stored = number, place, stored or {}
        self.fields["list_slug"] = forms.ChoiceField(label=_("List of domains"), required=False, choices=lists)
        self.fields["hints"] = several(_("Hints"), {**HINTS, **self._other_hints()})

    def _other_hints(self) -> dict[str, Words]:
        """Hints that the stored condition speaks of and that nobody here knows: they stay."""
        stored = self.stored.get("values", ()) if self.stored.get("subject") == "hint" else ()
        return {code: code for code in stored if code not in HINTS}

    def shown_fields(self) -> list[tuple[forms.BoundField, str]]:
        """The fields that some kinds have, each with those kinds as classes of the style sheet."""
        return [(self[name], kinds) for name, kinds in KINDS_OF.items()]

    def as_document(self) -> dict[str, Any]:
        """The condition as the document has it; what cannot be used in it is still there, for `parse` to say so."""
        said = {name: self.cleaned_data.get(name, "") for name in self.fields}
        subject, _dot, test = str(said["kind"]).partition(".")
        raw: dict[str, Any] = {"subject": subject, "test": test}
        if said["negated"]:
            raw["not"] = True
        for name in FORMS.get(subject, {}).get(test, ()):
            value = self._read(subject, name, said)
            # Zero and false are values, too.
            if value is not None and value != "" and not (name == "ignore_case" and value is False):
                raw[name] = value
        return raw

    def _read(self, subject: str, name: str, said: Mapping[str, Any]) -> Any:
        if name == "values" and subject == "claim":
            return self._as_stored(lines_of(said["values"]))
        if name == "values":
            return self._in_stored_order(_READERS[subject](said))
        if name == "value":
            return next(iter(self._as_stored([said["value"]])))
        typed = said[OWN_NAMES.get(name, name)]
        return as_number(typed) if name in ("min", "max", "within_days") else typed

    def _in_stored_order(self, values: list[str]) -> list[str]:
        """The values as they stood, and new ones behind them: boxes have an order of their own, which says nothing."""
        before = list(self.stored.get("values", ()))
        return sorted(values, key=lambda value: before.index(value) if value in before else len(before))

    def _as_stored(self, typed: list[str]) -> list[AttributeValue]:
        """The values, each of the kind that it was before, for a text cannot tell 1 from “1”."""
        known: dict[str, list[AttributeValue]] = {}
        for value in self.stored.get("values") or [self.stored.get("value", "")]:
            known.setdefault(as_text(value), []).append(value)
        return [known[text].pop(0) if known.get(text) else text for text in typed]


_READERS: dict[str, Callable[[Mapping[str, Any]], list[str]]] = {
    "email_domain": lambda said: words_of(said["domains"]),
    "issuer": lambda said: [*said["issuers"], *lines_of(said["other_issuers"])],
    "language": lambda said: words_of(said["languages"]),
    "hint": lambda said: list(said["hints"]),
    "verification": lambda said: list(said["verifications"]),
}


_NUMBER = re.compile(r"[-+]?[0-9]{1,18}([.,][0-9]{1,18})?(e[-+]?[0-9]{1,3})?", re.IGNORECASE)


def as_number(typed: str) -> int | float | str | None:
    """The number that was typed; None for nothing, and the text itself when it is none."""
    if not _NUMBER.fullmatch(typed):
        return typed or None
    number = float(typed.replace(",", "."))
    return int(typed) if typed.lstrip("+-").isdigit() else number


def initial_of(stored: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields hold for a condition as the document has it."""
    subject, test = str(stored.get("subject")), str(stored.get("test"))
    own = (name for name in stored if name not in ("subject", "test", "not", "values"))
    fields = {OWN_NAMES.get(name, name): stored[name] for name in own}
    values = [as_text(value) for value in stored.get("values", ())]
    if "value" in fields:
        fields["value"] = as_text(fields["value"])
    return {"kind": f"{subject}.{test}", "negated": stored.get("not", False), **fields, **_spread(subject, values)}


def _spread(subject: str, values: list[str]) -> dict[str, Any]:
    """The values where they are typed."""
    if subject == "issuer":
        return {
            "issuers": [value for value in values if value in ISSUERS],
            "other_issuers": "\n".join(value for value in values if value not in ISSUERS),
        }
    if subject in ("hint", "verification"):
        return {VALUES[subject][0]: values}
    if subject == "language":
        return {"languages": ", ".join(values)}
    return {VALUES[subject][0]: "\n".join(values)} if subject in VALUES else {}


def field_for(subject: str, problem: str) -> str:
    """The field of the form that a problem of the document's field belongs to."""
    if problem == "values":
        return VALUES.get(subject, ("kind",))[0]
    field = OWN_NAMES.get(problem, problem)
    return field if field in ConditionForm.base_fields else "kind"
