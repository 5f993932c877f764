"""The form of a flow's verification service: its rules, and the settings that its kind has. Secrets go in and never out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from connector.models import VerificationService
from connector.verification.base import SettingField, Vendor
from connector.verification.setting_up import RULES, kept_settings, merged

if TYPE_CHECKING:
    ServiceModelForm = forms.ModelForm[VerificationService]
else:
    ServiceModelForm = forms.ModelForm

PREFIX = "setting_"


class UnshownTextarea(forms.Textarea):
    """Several lines that are typed and never shown, not even after a mistake elsewhere."""

    def format_value(self, value: Any) -> str | None:
        """Nothing."""
        return None


class ServiceForm(ServiceModelForm):
    """What all kinds have in common. `form_for` adds the settings of one."""

    vendor: ClassVar[Vendor]

    class Meta:
        model = VerificationService
        fields = ("flow", *RULES)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._kept = kept_settings(self.instance, self.vendor.kind)
        for field in self.vendor.fields:
            shown = self.fields[PREFIX + field.name]
            if not field.secret:
                self.initial[PREFIX + field.name] = self._kept.get(field.name, field.default)
            elif self._kept.get(field.name):
                shown.required = False
                shown.help_text = _("Is set, and is not shown. Leave it empty to keep it.")

    def clean(self) -> dict[str, Any]:
        """The service's own view of its settings."""
        cleaned = super().clean() or self.cleaned_data
        try:
            self.vendor.clean(merged(self.vendor, self._kept, self.values()))
        except ValidationError as problem:
            self._show(problem)
        return cleaned

    def values(self) -> dict[str, str]:
        """The settings that were typed, by their own names."""
        names = {field.name for field in self.vendor.fields}
        return {name: self.cleaned_data.get(PREFIX + name) or "" for name in names}

    def rules(self) -> dict[str, Any]:
        """Everything but the settings."""
        return {name: self.cleaned_data[name] for name in RULES}

    def _show(self, problem: ValidationError) -> None:
        """Say each thing at its field, unless something was said there already."""
        if not hasattr(problem, "error_dict"):
            self.add_error(None, problem)
            return
        for name, said in problem.error_dict.items():
            if PREFIX + name not in self.errors:
                self.add_error(PREFIX + name, said)


def form_for(vendor: Vendor) -> type[ServiceForm]:
    """The form for services of this kind, in the language of whoever asks."""
    fields: Mapping[str, Any] = {PREFIX + field.name: _form_field(field) for field in vendor.fields}
    return type("ServiceForm", (ServiceForm,), {"vendor": vendor, **fields})


def _form_field(field: SettingField) -> forms.CharField:
    return forms.CharField(
        label=capfirst(str(field.label)),
        help_text=str(field.help),
        required=field.required,
        widget=_widget(field),
        strip=True,
    )


def _widget(field: SettingField) -> forms.Widget:
    plain = {"autocomplete": "off", "spellcheck": "false"}
    if field.lines:
        area = UnshownTextarea if field.secret else forms.Textarea
        return area(attrs={**plain, "rows": 6, "cols": 70})
    if field.secret:
        return forms.PasswordInput(attrs={"autocomplete": "new-password", "size": 60})
    return forms.TextInput(attrs={**plain, "size": 60})
