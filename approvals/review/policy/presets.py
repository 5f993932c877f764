"""Forms of the ready-made rules: each gives a document, whose rules are put behind those that there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from approvals.policy import presets
from approvals.policy.attributes import ATTRIBUTES
from approvals.policy.document import LONGEST_TEXT
from approvals.policy.phrases import attribute_label
from approvals.review.policy.lines import words_of

MOST_LEAST = 256


class PresetForm(forms.Form):
    """What a preset needs to know. `slug` names it, `does` says what it is for, `document` what comes of a valid form."""

    slug = ""
    name: Any = ""
    does: Any = ""
    document: Callable[[], dict[str, Any]]


class AllowedDomains(PresetForm):
    """Everybody from elsewhere is refused."""

    slug = "allowed-domains"
    name = _("Allowed domains")
    does = _("Refuses everybody whose address is of another domain, right after signing in.")

    domains = forms.CharField(
        label=_("Domains, one on each line"),
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "placeholder": "fabrikam.com"}),
    )
    text = forms.CharField(
        label=_("Text for the applicant"),
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Left empty: “Please sign up with an address of fabrikam.com.”"),
    )

    def clean_domains(self) -> list[str]:
        """The domains. Refuses what is none."""
        names = words_of(self.cleaned_data["domains"])
        try:
            presets.allowed_domains(names)
        except ValueError as error:
            raise forms.ValidationError(_("Please use domains such as fabrikam.com.")) from error
        return names

    def document(self) -> dict[str, Any]:
        """Refuse every other domain."""
        return presets.allowed_domains(self.cleaned_data["domains"], text=self.cleaned_data["text"])


class LongEnough(PresetForm):
    """A text on the form must have so many characters."""

    least = forms.IntegerField(label=_("At least so many characters"), min_value=1, max_value=MOST_LEAST, initial=5)
    required = forms.BooleanField(label=_("Ask for it when it is left out, too"), required=False)
    text = forms.CharField(
        label=_("Text for the applicant"),
        required=False,
        max_length=LONGEST_TEXT,
        help_text=_("Left empty: the name of the field, and how many characters it needs."),
    )


class JobTitle(LongEnough):
    """A job title of some length."""

    slug = "job-title"
    name = _("Job title too short")
    does = _("Sends the applicant back to the form while the job title is too short.")

    def document(self) -> dict[str, Any]:
        """Ask for a longer job title."""
        return presets.job_title(**self.cleaned_data)


class DisplayName(LongEnough):
    """A display name of some length."""

    slug = "display-name"
    name = _("Display name too short")
    does = _("Sends the applicant back to the form while the display name is too short.")

    def document(self) -> dict[str, Any]:
        """Ask for a longer display name."""
        return presets.display_name(**self.cleaned_data)


class ReturnedClaim(PresetForm):
    """A claim is set, whatever the applicant typed."""

    slug = "returned-claim"
    name = _("Returned claim")
    does = _("Sets a claim, whatever the applicant typed: it is stored, and the guest gets it.")

    claim = forms.ChoiceField(
        label=_("Claim"), choices=lambda: [(name, attribute_label(name)) for name in ATTRIBUTES], initial="jobTitle"
    )
    value = forms.CharField(label=_("Value"), max_length=64)

    def document(self) -> dict[str, Any]:
        """Set the claim."""
        return presets.returned_claim(self.cleaned_data["claim"], self.cleaned_data["value"])


class EverybodyElse(PresetForm):
    """Nobody waits."""

    slug = "everybody-else"
    name = _("Everybody else")
    does = _("Approves at once whoever no other rule stops. Without it, a person decides.")

    def document(self) -> dict[str, Any]:
        """Approve whoever is left."""
        return presets.everybody_else()


PRESETS: dict[str, type[PresetForm]] = {
    each.slug: each for each in (AllowedDomains, JobTitle, DisplayName, ReturnedClaim, EverybodyElse)
}


def preset_forms(typed: PresetForm | None = None) -> list[PresetForm]:
    """A form for each preset; the one that came in keeps what was typed."""
    fresh = (each(prefix=each.slug) for each in PRESETS.values())
    return [typed if typed is not None and typed.slug == each.slug else each for each in fresh]
