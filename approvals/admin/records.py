"""Requests and audit events, to look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from approvals.admin.kinds import HTTPS_ASSUMED
from approvals.admin.newest import NewestAdmin
from approvals.models import AuditEvent, Delivery, SignUpRequest
from approvals.models.sign_up_request import holds

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
class SignUpRequestAdmin(NewestAdmin):
    """Requests are decided on the review pages, where the rules are."""

    list_display = (
        "reference",
        "flow",
        "status",
        "display_name",
        "email",
        "submitted_at",
        "decided_by",
        "decided_by_policy",
    )
    list_filter = ("status", "flow")
    list_select_related = ("flow", "decided_by")
    search_help_text = gettext_lazy("The newest 2,000 are listed. Older ones are found by name, address or reference.")
    search_fields = ("reference", "normalised_email", "display_name")
    inlines = (DeliveryInline,)

    def called(self, request: HttpRequest, words: str) -> Q:
        """Those that the review pages would find; of very many, those that are listed."""
        found = SignUpRequest.objects.holding(words)
        return self.listed(request) & holds(words) if found is None else Q(pk__in=found)


@admin.register(AuditEvent)
class AuditEventAdmin(NewestAdmin):
    """The audit trail."""

    list_display = ("at", "action", "request", "flow", "actor_name")
    list_filter = ("action", "flow")
    list_select_related = ("request", "flow")
