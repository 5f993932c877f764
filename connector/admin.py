"""The administration pages of the connector: credentials, calls that could not be used, and verification services."""

from __future__ import annotations

from datetime import timedelta

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.admin.kinds import IssuedOnceAdmin, LifetimeForm, ReadOnlyAdmin, administrator
from approvals.models import UserFlow
from connector.models import ConnectorCredential, TooManyCredentials, UnusableCall
from connector.verification.admin import VerificationServiceAdmin

__all__ = ["ConnectorCredentialAdmin", "UnusableCallAdmin", "VerificationServiceAdmin"]


class IssueCredentialForm(LifetimeForm):
    """For which flow."""

    flow = forms.ModelChoiceField(UserFlow.objects.all(), label=gettext_lazy("User flow"))
    field_order = ("flow", "days")


@admin.register(ConnectorCredential)
class ConnectorCredentialAdmin(IssuedOnceAdmin):
    """Two may be live for each flow: issue the new one, set it in Entra, revoke the old one."""

    issue_form = IssueCredentialForm
    list_display = ("username", "flow", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("flow",)
    list_select_related = ("flow",)
    fields = ("username", "flow", "created_at", "expires_at", "last_used_at", "revoked_at")
    actions = ("revoke",)

    def issue(self, request: HttpRequest, form: forms.Form) -> dict[str, str]:
        """A credential for the flow. Raises ValidationError when two are live."""
        days = form.cleaned_data["days"]
        lifetime = timedelta(days=days) if days else None
        try:
            credential, secret = ConnectorCredential.issue(
                form.cleaned_data["flow"], lifetime=lifetime, actor=administrator(request)
            )
        except TooManyCredentials:
            raise ValidationError(_("This flow has two live credentials. Revoke one of them first.")) from None
        return {_("User name"): credential.username, _("Password"): secret}

    @admin.action(description=gettext_lazy("Revoke: close the door for these at once"))
    def revoke(self, request: HttpRequest, credentials: QuerySet[ConnectorCredential]) -> None:
        """Revoke the chosen ones; those that are revoked stay so."""
        for credential in credentials.select_related("flow"):
            credential.revoke(actor=administrator(request))
            self.message_user(request, _("%(name)s is revoked.") % {"name": credential.username})


@admin.register(UnusableCall)
class UnusableCallAdmin(ReadOnlyAdmin):
    """Calls with good credentials that said nothing usable; none of their claims was kept."""

    list_display = ("at", "flow", "step", "code", "body_bytes", "content_type")
    list_filter = ("code", "flow")
    list_select_related = ("flow",)
