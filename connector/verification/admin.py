"""The administration pages of the flows' verification services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.admin.kinds import ModelAdmin, administrator
from connector.models import VerificationService
from connector.verification import registry
from connector.verification.base import Vendor
from connector.verification.forms import PREFIX, ServiceForm, form_for
from connector.verification.sealing import SealBroken
from connector.verification.setting_up import RULES, configure, switch_off


@admin.register(VerificationService)
class VerificationServiceAdmin(ModelAdmin):
    """One service for each flow. Its kind is chosen first; to change it, delete the service and add another."""

    list_display = ("flow", "service", "mode", "on_failed", "changed_at")
    list_select_related = ("flow",)

    @admin.display(description=gettext_lazy("service"))
    def service(self, row: VerificationService) -> str:
        """The service's name."""
        return dict(registry.choices()).get(row.kind, row.kind)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Ask which service; then Django's page for its form."""
        if request.GET.get("kind") not in registry.VENDORS:
            title = _("Which service?")
            context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title}
            return TemplateResponse(request, "admin/choose_service.html", {**context, "services": registry.choices()})
        return super().add_view(request, form_url, extra_context)

    def has_change_permission(self, request: HttpRequest, obj: VerificationService | None = None) -> bool:
        """Every administrator, if this version knows the service."""
        return super().has_change_permission(request, obj) and (obj is None or obj.kind in registry.VENDORS)

    def get_readonly_fields(self, request: HttpRequest, obj: VerificationService | None = None) -> tuple[str, ...]:
        """The flow stays."""
        return ("flow",) if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: VerificationService | None = None) -> list[tuple[Any, Any]]:
        """What follows from the answer, and what the service needs to know."""
        vendor = _vendor(request, obj)
        if vendor is None:
            return [(None, {"fields": ("flow", *RULES)})]
        settings = {"fields": [PREFIX + field.name for field in vendor.fields], "description": _warning(obj)}
        return [(None, {"fields": ("flow", *RULES)}), (vendor.name, settings)]

    def get_form(
        self, request: HttpRequest, obj: VerificationService | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """The form with the settings of the service's kind."""
        vendor = _vendor(request, obj)
        if vendor is not None:
            kwargs["form"] = form_for(vendor)
        form = super().get_form(request, obj, change=change, **kwargs)
        if flow := form.base_fields.get("flow"):
            # Flows have pages of their own.
            flow.widget.can_add_related = flow.widget.can_change_related = flow.widget.can_view_related = False
        return form

    def save_model(self, request: HttpRequest, obj: VerificationService, form: Any, change: bool) -> None:
        """Set the service up; the audit trail hears of it there."""
        typed: ServiceForm = form
        actor = administrator(request)
        service = configure(obj.flow, typed.vendor.kind, typed.values(), actor=actor, **typed.rules())
        obj.pk, obj.kind = service.pk, service.kind

    def delete_model(self, request: HttpRequest, obj: VerificationService) -> None:
        """Switch the service off."""
        switch_off(obj.flow, actor=administrator(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[VerificationService]) -> None:
        """Switch the chosen ones off."""
        for service in queryset.select_related("flow"):
            switch_off(service.flow, actor=administrator(request))


def _vendor(request: HttpRequest, service: VerificationService | None) -> Vendor | None:
    """The service that the page is about: the row's, else the chosen one."""
    kind = service.kind if service else request.GET.get("kind", "")
    return registry.vendor(kind) if kind in registry.VENDORS else None


def _warning(service: VerificationService | None) -> str:
    """What an administrator must know before the settings are of use again."""
    if service is None:
        return ""
    try:
        service.settings()
    except SealBroken:
        return _("The settings cannot be read any more: SECRET_KEY was replaced. Enter all of them again.")
    return ""
