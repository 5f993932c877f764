"""User flows: the one thing of the domain that an administrator writes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals import audit
from approvals.admin.kinds import ModelAdmin, administrator
from approvals.models import Action, UserFlow
from approvals.texts import check_texts

if TYPE_CHECKING:
    FlowModelForm = forms.ModelForm[UserFlow]
else:
    FlowModelForm = forms.ModelForm

_OBJECT_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class UserFlowForm(FlowModelForm):
    """A flow's fields, with the JSON ones looked into."""

    def clean_texts(self) -> dict[str, Any]:
        """The texts as they can be used. Raises ValidationError with everything that is wrong."""
        texts: dict[str, Any] = self.cleaned_data["texts"] or {}
        if problems := check_texts(texts):
            raise ValidationError(problems)
        return texts

    def clean_group_ids(self) -> list[str]:
        """A list of directory object ids."""
        ids = self.cleaned_data["group_ids"] or []
        if not isinstance(ids, list) or not all(isinstance(i, str) and _OBJECT_ID.fullmatch(i) for i in ids):
            raise ValidationError(_('Write object ids as ["00000000-0000-0000-0000-000000000000", …].'))
        return ids


@admin.register(UserFlow)
class UserFlowAdmin(ModelAdmin):
    """Flows are added and changed; they stay, for their requests and audit events do."""

    form = UserFlowForm
    list_display = ("name", "slug", "provisioning", "is_default", "language")
    search_fields = ("name", "slug")
    filter_horizontal = ("reviewers",)
    fieldsets = (
        (None, {"fields": ("name", "slug", "redirect_url", "contact", "is_default")}),
        (gettext_lazy("Reviewers"), {"fields": ("reviewers",)}),
        (gettext_lazy("Hints for reviewers"), {"fields": ("expects_organisations", "partner_domains")}),
        (gettext_lazy("After an approval"), {"fields": ("provisioning", "invitation_mail", "group_ids")}),
        (gettext_lazy("What applicants are told"), {"fields": ("language", "texts", "reapply_after_days")}),
    )

    def get_readonly_fields(self, request: HttpRequest, obj: UserFlow | None = None) -> tuple[str, ...]:
        """The slug stays once the flow is there: Entra calls the addresses that were made of it."""
        return ("slug",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: UserFlow | None = None) -> bool:
        """Nobody: a flow has a history."""
        return False

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Set the reviewers, and write down what was done to the flow."""
        before = _reviewers(form.instance)
        super().save_related(request, form, formsets, change)
        after = _reviewers(form.instance)
        facts: dict[str, Any] = {
            "changed": [name for name in form.changed_data if change and name != "reviewers"],
            "reviewers_added": sorted(after - before),
            "reviewers_removed": sorted(before - after),
        }
        facts = {name: values for name, values in facts.items() if values}
        if facts or not change:
            action = Action.FLOW_CHANGED if change else Action.FLOW_CREATED
            audit.record(action, flow=form.instance, actor=administrator(request), **facts)


def _reviewers(flow: UserFlow) -> set[str]:
    return set(flow.reviewers.values_list("username", flat=True))
