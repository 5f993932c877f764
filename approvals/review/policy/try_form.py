"""The form of *Try it*: a sign-up that nobody made, and what would be known beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from approvals.policy.engine import Earlier, Step
from approvals.review.policy.fields import Words, area, line, one, several
from approvals.review.policy.kinds import HINTS, VERIFICATIONS

STEPS: dict[str, Words] = {
    Step.SUBMIT.value: _("with the form"),
    Step.CHECK_STATUS.value: _("right after signing in"),
}
PROVIDERS: dict[str, Words] = {
    "": _("Microsoft Entra or a Microsoft account"),
    "google.com": "Google",
    "facebook.com": "Facebook",
    "mail": _("One-time passcode by email"),
}
EARLIER: dict[str, Words] = {
    "denied.this": _("denied in this user flow"),
    "denied.other": _("denied in another one"),
    "approved.this": _("approved in this user flow"),
    "approved.other": _("approved in another one"),
}
ANSWERED = {code: words for code, words in VERIFICATIONS.items() if code != "none"}
NAMED = ("displayName", "givenName", "surname", "jobTitle")
MOST_DAYS = 3650
_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,17})")


class TryForm(forms.Form):
    """Claims, in fields or as Entra's own JSON; which version is asked; and what would be known."""

    version = forms.TypedChoiceField()
    step = forms.ChoiceField(label=_("When"), choices=list(STEPS.items()), initial=Step.SUBMIT.value)
    email = line(_("Email address"))
    provider = one(_("Signs in with"), PROVIDERS)
    displayName = line(_("Display name"))  # noqa: N815 - as Entra calls it
    givenName = line(_("Given name"))  # noqa: N815
    surname = line(_("Surname"))
    jobTitle = line(_("Job title"))  # noqa: N815
    claims = area(
        _("Other claims, one on each line"),
        2,
        _("Name = value. Whole numbers, true and false are no texts, unless in quotes."),
        spellcheck="false",
        placeholder="country = France",
    )
    ui_locales = line(_("Language"), _("As the browser says it, such as de-AT."))
    received = area(
        _("JSON that Entra would send"),
        9,
        _("Counts instead of the fields, if there is any."),
        spellcheck="false",
        **{"class": "code"},
    )
    earlier = several(_("Earlier requests"), EARLIER)
    days_ago = forms.IntegerField(
        label=_("Decided so many days ago"), required=False, min_value=0, max_value=MOST_DAYS, initial=1
    )
    hints = several(_("Hints"), HINTS)
    verification = one(_("Identity verification"), {"": VERIFICATIONS["none"], **ANSWERED})

    def __init__(self, versions: list[int], data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields["version"] = forms.TypedChoiceField(
            label=_("Version"),
            required=False,
            choices=[(str(number), str(number)) for number in versions],
            coerce=int,
        )

    def clean(self) -> dict[str, Any]:
        """Make `body` of what was typed: the claim set as Entra would send it."""
        said = super().clean() or self.cleaned_data
        if said.get("received"):
            said["body"] = self._from_json(said["received"])
        elif not said.get("email") and "email" not in self.errors:
            self.add_error("email", _("Please type an address, or paste the JSON."))
        else:
            said["body"] = {**_named(said), **self._other_claims(said.get("claims", ""))}
        return said

    def _from_json(self, typed: str) -> Any:
        try:
            body = json.loads(typed)
        except (ValueError, RecursionError):
            self.add_error("received", _("This is no JSON."))
            return None
        if not isinstance(body, dict):
            self.add_error("received", _("Entra sends an object, such as {“email”: “…”}."))
            return None
        return body

    def _other_claims(self, typed: str) -> dict[str, Any]:
        claims = {}
        for said in typed.splitlines():
            name, equals, value = (part.strip() for part in said.partition("="))
            if name and equals and value:
                claims[name] = _value(value)
            elif said.strip():
                self.add_error("claims", _("Please write: name = value."))
                break
        return claims

    def earlier_decisions(self, now: datetime) -> Iterator[Earlier]:
        """What was decided before, on requests that nobody made."""
        at = now - timedelta(days=self.cleaned_data.get("days_ago") or 0, minutes=1)
        for each in self.cleaned_data["earlier"]:
            decision, _dot, flow = each.partition(".")
            yield Earlier(decision, flow == "this", at)

    def hint_codes(self) -> frozenset[str]:
        """The codes of the hints that there would be."""
        return frozenset(self.cleaned_data["hints"])


def _named(said: Mapping[str, Any]) -> dict[str, Any]:
    """The claims with fields of their own. One without a value is absent; the surname has another name at first."""
    body: dict[str, Any] = {"email": said.get("email", "")}
    if said.get("provider"):
        assigned = body["email"] if said["provider"] == "mail" else "0123456789"
        body["identities"] = [
            {"signInType": "federated", "issuer": said["provider"], "issuerAssignedId": assigned},
        ]
    early = said.get("step") == Step.CHECK_STATUS
    for name in (*NAMED, "ui_locales"):
        if said.get(name):
            body["lastName" if early and name == "surname" else name] = said[name]
    return body


def _value(typed: str) -> Any:
    """A claim's value: JSON where it is a whole number, a boolean or a text in quotes."""
    if typed in ("true", "false") or _WHOLE.fullmatch(typed):
        return json.loads(typed)
    quoted = len(typed) > 1 and typed[0] == typed[-1] == '"'
    return typed[1:-1] if quoted else typed
