"""The few kinds of fields that the forms of the policy are made of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeAlias, Union

from django import forms

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Words: TypeAlias = Union[str, "_StrPromise"]


def line(label: Words, hint: Words = "", **attributes: Any) -> forms.CharField:
    """One line of text, which no browser completes or corrects."""
    box = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", **attributes})
    return forms.CharField(label=label, required=False, widget=box, help_text=hint)


def area(label: Words, rows: int, hint: Words = "", **attributes: Any) -> forms.CharField:
    """Several lines of text."""
    box = forms.Textarea(attrs={"rows": rows, **attributes})
    return forms.CharField(label=label, required=False, widget=box, help_text=hint)


def several(label: Words, choices: Mapping[str, Words]) -> forms.MultipleChoiceField:
    """Any of a few."""
    return forms.MultipleChoiceField(
        label=label, required=False, choices=list(choices.items()), widget=forms.CheckboxSelectMultiple
    )


def one(label: Words, choices: Mapping[str, Words], hint: Words = "") -> forms.ChoiceField:
    """One of a few."""
    return forms.ChoiceField(label=label, required=False, choices=list(choices.items()), help_text=hint)
