"""A piece of work that is to leave the building, written in the same transaction as its cause."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from approvals.models.sign_up_request import SignUpRequest


class OutboxEntryQuerySet(models.QuerySet["OutboxEntry"]):
    """The ways to look at the outbox."""

    def queued(self) -> Self:
        """Entries that are still to be done, due or not."""
        return self.filter(state=OutboxEntry.State.QUEUED)

    def due(self, now: datetime) -> Self:
        """Entries to be worked on now, longest due first."""
        return self.queued().filter(due_at__lte=now).order_by("due_at", "id")


class OutboxEntry(models.Model):
    """One piece of work. `approvals.outbox` alone changes it.

    While a worker has it, `due_at` lies ahead (a lease): a worker that dies leaves an entry that comes due by itself.
    """

    class State(models.TextChoices):
        """Where the work stands."""

        QUEUED = "queued", _("Queued")
        DONE = "done", _("Done")
        CANCELLED = "cancelled", _("Cancelled")
        PARKED = "parked", _("Given up")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("kind"), max_length=40)
    request = models.ForeignKey(SignUpRequest, on_delete=models.PROTECT, null=True, related_name="outbox")
    payload = models.JSONField(_("ids"), default=dict)
    once = models.CharField(max_length=120, null=True, unique=True, editable=False)  # noqa: DJ001 - many without, none twice
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.QUEUED)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    lease = models.UUIDField(null=True, editable=False)
    code = models.CharField(_("last error"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = OutboxEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("outbox entry")
        verbose_name_plural = _("outbox entries")
        indexes = [
            models.Index(fields=["due_at", "id"], condition=models.Q(state="queued"), name="outbox_due"),
            models.Index(fields=["request"], name="outbox_of_request"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
