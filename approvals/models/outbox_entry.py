"""A piece of work that is to leave the building, written in the same transaction as its cause."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from approvals.models.sign_up_request import SignUpRequest

LONGEST_SETBACK = timedelta(minutes=15)
"""How far behind its due time an entry may be placed, for the sake of others."""


class OutboxEntryQuerySet(models.QuerySet["OutboxEntry"]):
    """The ways to look at the outbox."""

    def queued(self) -> Self:
        """Entries that are still to be done, due or not."""
        return self.filter(state=OutboxEntry.State.QUEUED)

    def due(self, now: datetime) -> Self:
        """Entries whose time has come, in the order of their turns."""
        # The second condition follows from the first; it bounds the walk along the index.
        due = self.queued().filter(due_at__lte=now, turn_at__lte=now + LONGEST_SETBACK)
        return due.order_by("turn_at", "due_at", "id")

    def leased(self, now: datetime) -> Self:
        """Entries that a worker has in hand."""
        return self.queued().filter(lease__isnull=False, due_at__gt=now)

    def in_order(self) -> Self:
        """Without those that must wait for an earlier one of the same request and lane."""
        earlier = OutboxEntry.objects.queued().filter(
            request=models.OuterRef("request"), lane=models.OuterRef("lane"), id__lt=models.OuterRef("id")
        )
        return self.filter(models.Q(lane="") | ~models.Exists(earlier))


class OutboxEntry(models.Model):
    """One piece of work. `approvals.outbox` alone changes it.

    While a worker has it, `due_at` lies ahead (a lease): a worker that dies leaves an entry that comes due by itself.
    What is due is taken in the order of `turn_at`: the due time, or later when one person causes very much at once.
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
    lane = models.CharField(max_length=20, blank=True, default="", db_default="", editable=False)
    source = models.CharField(max_length=40, blank=True, default="", db_default="", editable=False)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.QUEUED)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    turn_at = models.DateTimeField(default=timezone.now, db_default=Now(), editable=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    crashes = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    lease = models.UUIDField(null=True, editable=False)
    code = models.CharField(_("last error"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    begun_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True)

    objects = OutboxEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("outbox entry")
        verbose_name_plural = _("outbox entries")
        indexes = [
            models.Index(
                fields=["kind", "turn_at", "due_at", "id"], condition=models.Q(state="queued"), name="outbox_turn"
            ),
            models.Index(
                fields=["kind"], condition=models.Q(state="queued", lease__isnull=False), name="outbox_leased"
            ),
            models.Index(
                fields=["source", "created_at"],
                condition=models.Q(state="queued", attempts=0) & ~models.Q(source=""),
                name="outbox_untried_of_source",
            ),
            models.Index(fields=["id"], condition=models.Q(state="parked"), name="outbox_parked"),
            models.Index(fields=["request"], name="outbox_of_request"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"
