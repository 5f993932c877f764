"""The forms of signing in and of a person's own settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from zoneinfo import available_timezones

from django import forms
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.signin.backends import canonical_name

if TYPE_CHECKING:
    _UserForm = forms.ModelForm[User]
else:  # the class takes no parameter at run time
    _UserForm = forms.ModelForm

ZONES = frozenset(available_timezones())


class SignInForm(AuthenticationForm):
    """User name or mail address, and password. `time_zone` is filled in by the browser when it can."""

    time_zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    error_messages = {
        "invalid_login": _("The user name or password is not right. Both are case-sensitive."),
        "inactive": _("The user name or password is not right. Both are case-sensitive."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("User name or mail address")

    def clean_username(self) -> str:
        """The name in the spelling under which attempts are counted."""
        return canonical_name(self.cleaned_data["username"])

    def clean_time_zone(self) -> str:
        """A zone that exists, else nothing: the browser's word is a convenience."""
        zone: str = self.cleaned_data["time_zone"]
        return zone if zone in ZONES else ""


class PasswordForm(PasswordChangeForm):
    """Changing one's own password; stands on a page with other things, so it does not grab the focus."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        self.fields["old_password"].label = _("Present password")
        self.fields["new_password2"].label = _("New password, again")
        self.fields["new_password2"].help_text = ""


class PreferencesForm(_UserForm):
    """What a person may set for themselves."""

    time_zone = forms.ChoiceField(label=_("Time zone"), required=False)

    class Meta:
        model = User
        fields = ["time_zone", "notify", "keyboard_shortcuts"]
        labels = {
            "notify": _("Mail me when a request is waiting"),
            "keyboard_shortcuts": _("Single-key shortcuts"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = sorted(zone for zone in ZONES if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
        cast("forms.ChoiceField", self.fields["time_zone"]).choices = [
            ("", _("The server's time zone")),
            ("UTC", "UTC"),
            *((zone, zone.replace("_", " ")) for zone in zones),
        ]
