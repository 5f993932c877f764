"""The outbox, to look at, and to try again what was given up."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals import outbox, workflow
from approvals.admin.kinds import administrator
from approvals.admin.newest import NewestAdmin
from approvals.errors import ApprovalError
from approvals.models import OutboxEntry
from approvals.outbox import kinds


class KindFilter(admin.SimpleListFilter):
    """By kind. Django's own filter would look through all entries for the kinds that there are."""

    title = gettext_lazy("kind")
    parameter_name = "kind"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        """The kinds that this version knows."""
        return [(kind, kind) for kind in kinds.known()]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[OutboxEntry]) -> QuerySet[OutboxEntry]:
        """Those of the chosen one."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(OutboxEntry)
class OutboxEntryAdmin(NewestAdmin):
    """What is to leave the building, and how far it is."""

    list_display = ("kind", "request", "state", "due_at", "attempts", "code", "created_at")
    list_filter = ("state", KindFilter)
    list_select_related = ("request",)
    actions = ("try_again",)

    def listed(self, request: HttpRequest) -> Q:
        """The newest; of what is to be done or was given up, whatever there is, however old, when that is chosen."""
        unfinished = (OutboxEntry.State.QUEUED, OutboxEntry.State.PARKED)
        return Q() if request.GET.get("state__exact") in unfinished else super().listed(request)

    @admin.action(description=gettext_lazy("Try again now what was given up"))
    def try_again(self, request: HttpRequest, entries: QuerySet[OutboxEntry]) -> None:
        """Put given-up entries back to work; a delivery is tried again by its own verb, which writes it down."""
        for entry in entries:
            try:
                again = _again(request, entry)
            except ApprovalError as refused:
                self.message_user(request, f"{entry}: {refused}", messages.ERROR)
                continue
            if again:
                self.message_user(request, _("%(entry)s: is tried again now.") % {"entry": entry})
            else:
                self.message_user(request, _("%(entry)s: was not given up.") % {"entry": entry}, messages.WARNING)


def _again(request: HttpRequest, entry: OutboxEntry) -> bool:
    if entry.state == OutboxEntry.State.PARKED and entry.kind == "guest.provision" and entry.request_id:
        workflow.retry_delivery(entry.request_id, actor=administrator(request))
        return True
    return outbox.retry(entry.pk)
