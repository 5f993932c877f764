"""The two kinds of administration page: rows that are only looked at, and secrets that are issued and revoked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from accounts.models import User

    PlainAdmin = admin.ModelAdmin[Any]
else:
    PlainAdmin = admin.ModelAdmin

HTTPS_ASSUMED: dict[type[models.Field[Any, Any]], dict[str, Any]] = {models.URLField: {"assume_scheme": "https"}}


class ModelAdmin(PlainAdmin):
    """Rows of any kind. An address that is typed without a scheme is taken for https."""

    formfield_overrides = HTTPS_ASSUMED


class ReadOnlyAdmin(ModelAdmin):
    """Rows that other code writes: nobody adds, changes or deletes them by hand."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


class IssuedOnceAdmin(ReadOnlyAdmin):
    """Secrets: “Add” issues one and shows it this once. The answer is not to be cached, and nothing is to be edited."""

    issue_form: type[forms.Form]

    def issue(self, request: HttpRequest, form: forms.Form) -> dict[str, str]:
        """Issue what the validated form asks for; what to show, by label. Raises ValidationError by field."""
        raise NotImplementedError

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Every administrator."""
        return self.admin_site.has_permission(request)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask what to issue, issue it, show it."""
        form = self.issue_form(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                return self._page(request, "admin/issued.html", issued=self.issue(request, form))
            except ValidationError as refused:
                form.add_error(None, refused)
        return self._page(request, "admin/issue.html", form=form)

    def _page(self, request: HttpRequest, template: str, **context: Any) -> HttpResponse:
        name = self.opts.verbose_name
        common = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Issue: %(name)s") % {"name": name},
        }
        return TemplateResponse(request, template, {**common, **context})


class LifetimeForm(forms.Form):
    """How long a secret is good."""

    days = forms.IntegerField(
        label=_("Good for (days)"), min_value=1, max_value=3650, required=False, help_text=_("Empty for ever.")
    )


def administrator(request: HttpRequest) -> User:
    """Who does it. The site lets nobody else in."""
    return cast("User", request.user)
