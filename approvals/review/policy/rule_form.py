"""A rule as a form, and back: what was typed stays as it was typed until the document takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from approvals.models import UserFlow
from approvals.policy.checks import as_text
from approvals.policy.document import FORM, LONGEST_NAME, MOST_CONDITIONS, parse
from approvals.policy.errors import PolicyError, Problem
from approvals.policy.reading import as_name
from approvals.policy.rules import Outcome, Rule
from approvals.policy.versions import LONGEST_COMMENT
from approvals.review.policy.access import whole_number
from approvals.review.policy.condition_rows import ConditionForm, as_number, field_for, list_choices
from approvals.review.policy.fields import Words, area, line, one, several
from approvals.review.policy.lines import one_line

OUTCOMES: dict[str, Words] = {
    Outcome.REFUSE.value: _("Refuse: show a block page with a text"),
    Outcome.CORRECT.value: _("Correct: send the applicant back to the form to mend a field"),
    Outcome.SET.value: _("Set: return a claim"),
    Outcome.APPROVE.value: _("Approve at once"),
    Outcome.VERIFY.value: _("Verify the identity"),
    Outcome.REVIEW.value: _("Send to a person, with a reason"),
}
STEPS: dict[str, Words] = {"check_status": _("after signing in"), "submit": _("with the form")}
TYPES: dict[str, Words] = {"text": _("a text"), "number": _("a number"), "flag": _("yes or no: true, false")}
FLAGS = {"true": True, "false": False}
# The fields of each outcome, for the style sheet.
FIELDS_OF = {
    "refuse": ("text",),
    "correct": ("attribute", "text"),
    "set": ("claim", "value", "value_type"),
    "review": ("reason",),
}
OUTCOMES_OF = {
    field: " ".join(outcome for outcome, fields in FIELDS_OF.items() if field in fields)
    for field in ("attribute", "claim", "value", "value_type", "reason", "text")
}


class RuleForm(forms.Form):
    """All of a rule but its conditions."""

    name = line(_("Name"), _("What people read, such as “Partner domains”."), maxlength=LONGEST_NAME)
    steps = several(_("When it is asked"), STEPS)
    enabled = forms.BooleanField(label=_("Switched on"), required=False)
    shadow = forms.BooleanField(label=_("Shadow: only record what it would have done"), required=False)
    then = forms.ChoiceField(
        label=_("What it does"), required=False, choices=list(OUTCOMES.items()), widget=forms.RadioSelect
    )
    attribute = line(_("Field to mend"), _("Such as jobTitle."), list="claim-names")
    claim = line(_("Claim"), _("Such as country."), list="claim-names")
    value = line(_("Value"))
    value_type = one(_("It is"), TYPES, _("Built-in claims are texts; custom ones as the tenant made them."))
    reason = line(_("Reason for the reviewer"), _("Shown on the request. May stay empty."))
    text = area(_("Text for the applicant"), 2)
    comment = line(_("What you change and why"), _("May stay empty. Kept with the version."), maxlength=LONGEST_COMMENT)

    def __init__(self, flow: UserFlow, data: Any = None, *, stored: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial_of(flow, stored) if stored else {"steps": ["submit"], "enabled": True})
        main = dict(settings.LANGUAGES)[flow.language]
        self.fields["text"].help_text = _("For everybody, or in %(language)s when there are others.") % {
            "language": main
        }
        self.languages = [code for code, _name in settings.LANGUAGES if code != flow.language]
        for code, name in settings.LANGUAGES:
            if code in self.languages:
                self.fields[f"text_{code}"] = area(name, 2)
        self.main = flow.language

    def outcome_fields(self) -> list[tuple[forms.BoundField, str]]:
        """The fields that some outcomes have, each with those outcomes as classes of the style sheet."""
        return [(self[name], outcomes) for name, outcomes in OUTCOMES_OF.items()]

    def other_texts(self) -> list[forms.BoundField]:
        """The text in the other languages."""
        return [self[f"text_{code}"] for code in self.languages]

    def has_other_texts(self) -> bool:
        """Whether one of them holds something."""
        return any(field.value() or field.errors for field in self.other_texts())

    def as_document(self, rule_id: str, when: list[dict[str, Any]]) -> dict[str, Any]:
        """The rule as the document has it; what cannot be used in it is still there, for `parse` to say so."""
        said = {name: self.cleaned_data.get(name, "") for name in self.fields}
        return {
            "id": rule_id,
            "name": said["name"],
            "enabled": bool(said["enabled"]),
            "shadow": bool(said["shadow"]),
            "steps": list(said["steps"]),
            "when": when,
            "then": {said["then"]: self._details(said)} if said["then"] else {},
        }

    def _details(self, said: Mapping[str, Any]) -> dict[str, Any]:
        if said["then"] == Outcome.REFUSE:
            return {"text": self._text(said)}
        if said["then"] == Outcome.CORRECT:
            return {"attribute": said["attribute"], "text": self._text(said)}
        if said["then"] == Outcome.SET:
            return {"claim": said["claim"], "value": _typed_value(said)}
        return {"reason": said["reason"]} if said["then"] == Outcome.REVIEW and said["reason"] else {}

    def _text(self, said: Mapping[str, Any]) -> str | dict[str, str]:
        """One text for everybody; or one for each language, of which the main one stands for those without."""
        others = {code: said[f"text_{code}"] for code in self.languages if said[f"text_{code}"]}
        if not others:
            return one_line(said["text"])
        texts = {self.main: said["text"], **others} if said["text"] else others
        return {code: one_line(text) for code, text in texts.items()}


def _typed_value(said: Mapping[str, Any]) -> Any:
    value = said["value"]
    if said["value_type"] == "flag":
        return FLAGS.get(value.lower(), value)
    number = as_number(value) if said["value_type"] == "number" else None
    return value if number is None else number


def initial_of(flow: UserFlow, stored: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields hold for a rule as the document has it."""
    outcome = next(iter(stored["then"]))
    details = dict(stored["then"][outcome])
    initial = {name: stored[name] for name in ("name", "steps", "enabled", "shadow")}
    initial.update({name: details[name] for name in ("attribute", "claim", "reason") if name in details})
    if "value" in details:
        value = details["value"]
        kind = "flag" if isinstance(value, bool) else "number" if isinstance(value, int) else "text"
        initial.update(value=as_text(value), value_type=kind)
    texts = details.get("text", "")
    by_language = texts if isinstance(texts, dict) else {flow.language: texts}
    initial.update({"text" if code == flow.language else f"text_{code}": text for code, text in by_language.items()})
    return {**initial, "then": outcome}


class Draft:
    """A rule that somebody writes: its form and a row for each condition, from what was sent or from what is stored."""

    def __init__(self, flow: UserFlow, rule_id: str = "", *, stored: Mapping[str, Any] | None = None) -> None:
        self.flow, self.rule_id = flow, rule_id
        self.form = RuleForm(flow, stored=stored)
        self.lists = list_choices()
        when = stored["when"] if stored else []
        self.rows = [ConditionForm(at, at, stored=each, lists=self.lists) for at, each in enumerate(when, 1)]
        self.rule: Rule | None = None
        self.others: list[str] = []
        self._unreadable: set[str] = set()

    @classmethod
    def sent(
        cls, flow: UserFlow, data: QueryDict, rule_id: str, *, stored: Mapping[str, Any] | None, deed: str = ""
    ) -> Draft:
        """What somebody sent, with a condition more or less when that is the deed: `add`, or `remove` and its number."""
        draft = cls(flow, rule_id)
        draft.form = RuleForm(flow, data, stored=stored)
        known = (whole_number(each) for each in data.getlist("row"))
        numbers = list(dict.fromkeys(number for number in known if number))[:MOST_CONDITIONS]
        verb, _space, which = deed.partition(" ")
        if verb == "remove":
            numbers = [number for number in numbers if str(number) != which]
        if verb == "add" and len(numbers) < MOST_CONDITIONS:
            numbers.append(next(number for number in count(1) if number not in numbers))
        before = dict(enumerate(stored["when"], 1)) if stored else {}
        draft.rows = [
            ConditionForm(number, place, data, stored=before.get(number), lists=draft.lists)
            for place, number in enumerate(numbers, 1)
        ]
        return draft

    @property
    def may_add(self) -> bool:
        """Whether there is room for one more condition."""
        return len(self.rows) < MOST_CONDITIONS

    def as_document(self) -> dict[str, Any]:
        """The rule as the document has it."""
        return self.form.as_document(self.rule_id, [row.as_document() for row in self.rows])

    def check(self) -> bool:
        """Read what was typed. What is wrong stands at its field afterwards; `rule` is what it makes when nothing is."""
        fine = all([self.form.is_valid(), *(row.is_valid() for row in self.rows)])
        self._unreadable = {form[name].html_name for form in (self.form, *self.rows) for name in form.errors}
        try:
            self.rule = parse({"policy": FORM, "rules": [self.as_document()]}).rules[0]
        except PolicyError as error:
            self.place(error.problems)
            return False
        return fine

    def place(self, problems: tuple[Problem, ...]) -> None:
        """Put each problem at its field; what has none is kept in `others`."""
        self.rule = None
        for problem in problems:
            form, field = self._field(problem)
            if form is None:
                self.others.append(str(problem))
            elif form[field].html_name not in self._unreadable:
                form.add_error(field, problem.sentence[:1].upper() + problem.sentence[1:])

    def _field(self, problem: Problem) -> tuple[forms.Form | None, str]:
        if problem.rule_id != as_name(self.rule_id):
            return None, ""
        if problem.condition is None:
            return (self.form, problem.field) if problem.field in self.form.fields else (None, "")
        if problem.condition > len(self.rows):
            return None, ""
        row = self.rows[problem.condition - 1]
        return row, field_for(str(row.cleaned_data.get("kind", "")).partition(".")[0], problem.field)

    def problems(self) -> Iterator[tuple[str, str, str]]:
        """All that is wrong, for a list at the top: where to go, the label of the field, and what is wrong."""
        for form in (self.form, *self.rows):
            for name, errors in form.errors.items():
                field = form[name]
                place = form.place if isinstance(form, ConditionForm) else None
                for error in errors:
                    yield field.auto_id, label_of(place, field), str(error)


def label_of(place: int | None, field: forms.BoundField) -> str:
    """What a field is called outside its place."""
    return str(field.label) if place is None else str(_("Condition %(number)s") % {"number": place})
