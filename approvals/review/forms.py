"""What a reviewer may send with a decision."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from approvals.workflow.decision import LONGEST_TEXT


class ReviewersText(forms.CharField):
    """A text of a few lines, with line ends counted as one character as the browser counts them."""

    def __init__(self, *, label: Any, rows: int) -> None:
        area = forms.Textarea(attrs={"rows": rows})
        super().__init__(label=label, required=False, max_length=LONGEST_TEXT, widget=area)

    def to_python(self, value: object) -> str:
        """The text with line feeds alone."""
        return str(super().to_python(value)).replace("\r\n", "\n").strip()


class SeenForm(forms.Form):
    """`version` is that of the request as the reviewer saw it."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class ApprovalForm(SeenForm):
    """Approving."""

    note = ReviewersText(label=_("Private note"), rows=3)


class DenialForm(ApprovalForm):
    """Denying: the reason goes to the applicant, the note does not."""

    field_order = ("version", "reason", "tell_applicant", "note")

    reason = ReviewersText(label=_("Reason for the applicant"), rows=4)
    tell_applicant = forms.BooleanField(label=_("Tell the applicant by mail"), required=False, initial=True)
