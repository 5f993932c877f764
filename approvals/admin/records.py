"""Requests and audit events, to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from approvals.admin.kinds import HTTPS_ASSUMED, ReadOnlyAdmin
from approvals.models import AuditEvent, Delivery, SignUpRequest

if TYPE_CHECKING:
    StackedInline = admin.StackedInline[Delivery, SignUpRequest]
else:
    StackedInline = admin.StackedInline


class DeliveryInline(StackedInline):
    """The delivery of a request."""

    model = Delivery
    formfield_overrides = HTTPS_ASSUMED
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False


@admin.register(SignUpRequest)
class SignUpRequestAdmin(ReadOnlyAdmin):
    """Requests are decided on the review pages, where the rules are."""

    list_display = ("reference", "flow", "status", "display_name", "email", "submitted_at", "decided_by")
    list_filter = ("status", "flow")
    list_select_related = ("flow", "decided_by")
    search_fields = ("reference", "normalised_email", "display_name")
    ordering = ("-submitted_at", "-id")
    inlines = (DeliveryInline,)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """The audit trail."""

    list_display = ("at", "action", "request", "flow", "actor_name")
    list_filter = ("action", "flow")
    list_select_related = ("request", "flow")
    search_fields = ("request__reference", "actor_name")
    ordering = ("-at", "-id")
