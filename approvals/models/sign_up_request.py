"""A sign-up request: who asked, with what claims, and what was decided."""

from __future__ import annotations

import json
import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from approvals.applicant import Applicant, Identity
from approvals.models.user_flow import UserFlow

if TYPE_CHECKING:
    from accounts.models import User

# No vowels, so no words; no 0/O, 1/I/L, 8/B: a reference is read out over the telephone.
REFERENCE_ALPHABET = "23456789CDFGHJKMNPQRTVWXYZ"

# The trigram index of the search knows where three letters stand anywhere, and fewer where a word begins.
SHORTEST_PART = 3
NO_LETTER = re.compile(r"[\W_]+")
MOST_FOUND = 500


def new_reference() -> str:
    """A fresh reference such as `K7Q-4MD9`: 26^7, about 8 thousand million; the database refuses a double."""
    number, letters = secrets.randbelow(len(REFERENCE_ALPHABET) ** 7), ""
    for _letter in range(7):
        number, place = divmod(number, len(REFERENCE_ALPHABET))
        letters += REFERENCE_ALPHABET[place]
    return f"{letters[:3]}-{letters[3:]}"


def normalise_reference(typed: str) -> str:
    """The reference that a person meant who typed it without the dash, in lower case or with spaces."""
    letters = "".join(c for c in typed.upper() if c.isalnum())
    return f"{letters[:3]}-{letters[3:]}"


def holds(words: str) -> Q:
    """The condition of `search`."""
    words = words.strip().replace("\0", "")
    if not words:
        return Q()
    longest = max(len(part) for part in NO_LETTER.split(words))
    if longest == 0:
        return Q(pk__in=[])
    if longest < SHORTEST_PART:
        name = Q(display_name__istartswith=words) | Q(display_name__icontains=f" {words}")
        return name | Q(normalised_email__startswith=words.lower())
    part = Q(display_name__icontains=words) | Q(normalised_email__contains=words.lower())
    return part | Q(reference__startswith=normalise_reference(words).rstrip("-"))


class SignUpRequestQuerySet(models.QuerySet["SignUpRequest"]):
    """The ways to look at requests."""

    def visible_to(self, user: User) -> Self:
        """Those of the flows that this person reviews. Every page and API starts here."""
        return self if user.is_superuser else self.filter(flow__in=UserFlow.objects.reviewed_by(user))

    def of_applicant(self, flow: UserFlow, applicant: Applicant) -> Self:
        """All requests of the same person in a flow, newest first."""
        return self.filter(flow=flow, applicant_key=applicant.key).order_by("-submitted_at", "-id")

    def needing_decision(self) -> Self:
        """Those that wait for a person."""
        return self.filter(status=SignUpRequest.Status.PENDING)

    def decided(self) -> Self:
        """Those that do not wait any more."""
        return self.exclude(status=SignUpRequest.Status.PENDING)

    def failed(self) -> Self:
        """Approved ones whose guest could not be made."""
        return self.filter(delivery_failed=True)

    def with_delivery(self, state: str) -> Self:
        """Those whose delivery is in this state; `none` for those that have no delivery."""
        approved = SignUpRequest.Status.APPROVED
        if state == "none":
            return self.exclude(status=approved)
        return self.failed() if state == "failed" else self.filter(status=approved, delivery__state=state)

    def with_email(self, address: str) -> Self:
        """Those with exactly this address, compared as applicants' addresses are."""
        return self.filter(normalised_email=address.strip().lower())

    def search(self, words: str) -> Self:
        """Those whose name or address contains the words, whatever their case, or whose reference begins with them.

        One or two letters are too few for that: with them the address begins, or a word of the name. None are nothing.
        """
        return self.filter(holds(words))

    def holding(self, words: str) -> list[UUID] | None:
        """The keys of those that `search` finds, in no order; None when they are more than MOST_FOUND."""
        found = list(self.search(words).order_by().values_list("pk", flat=True)[: MOST_FOUND + 1])
        return found if len(found) <= MOST_FOUND else None

    def move(self, request_id: Any, version: int | None, **changes: Any) -> bool:
        """Change the request if it is still at `version`, and count the version up; False when it is not."""
        version_filter = {} if version is None else {"version": version}
        return self.filter(pk=request_id, **version_filter).update(version=models.F("version") + 1, **changes) == 1


class SignUpRequest(models.Model):
    """One request. Its status is changed by the verbs in `approvals.workflow` and by nothing else."""

    class Status(models.TextChoices):
        """The state of the decision."""

        PENDING = "pending", _("Pending")
        APPROVED = "approved", _("Approved")
        DENIED = "denied", _("Denied")
        EXPIRED = "expired", _("Expired")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    reference = models.CharField(_("reference"), max_length=8, unique=True, editable=False)
    flow = models.ForeignKey(
        UserFlow, on_delete=models.PROTECT, related_name="requests", verbose_name=_("user flow"), db_index=False
    )
    # The indexes of the foreign keys stand in Meta: each is part of a longer one, or of the few rows that have a value.
    previous = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="later", db_index=False
    )

    applicant_key = models.CharField(max_length=64, editable=False)
    email = models.CharField(_("mail address"), max_length=320)
    normalised_email = models.CharField(max_length=320, db_index=True, editable=False)
    display_name = models.CharField(_("name"), max_length=320)
    identities = models.JSONField(_("identities"), default=list)
    attributes = models.JSONField(_("attributes"), default=dict, help_text=_("What the guest account will get."))
    received = models.TextField(_("claims as received"), default="{}")
    earlier_answers = models.JSONField(_("earlier answers"), default=list, blank=True)
    locales = models.JSONField(_("languages"), default=list, blank=True)
    language = models.CharField(_("language"), max_length=8, default="en")

    status = models.CharField(_("status"), max_length=16, choices=Status, default=Status.PENDING)
    version = models.PositiveIntegerField(default=1, editable=False)
    submitted_at = models.DateTimeField(_("submitted"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("decided by"),
        db_index=False,
    )
    effects_at = models.DateTimeField(_("takes effect"), null=True, blank=True)
    reason = models.TextField(_("reason for the applicant"), blank=True)
    note = models.TextField(_("private note"), blank=True)
    tell_applicant = models.BooleanField(_("tell the applicant"), default=True)

    # The sign-up policy decided, and no person.
    decided_by_policy = models.BooleanField(_("decided by the policy"), db_default=False, default=False, editable=False)
    hints = models.JSONField(_("hints"), default=list, db_default=[], blank=True, editable=False)

    # What the delivery says too. It is said here again so that failures can be counted and listed along an index.
    delivery_failed = models.BooleanField(_("delivery failed"), db_default=False, default=False, editable=False)

    objects = SignUpRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign-up request")
        verbose_name_plural = _("sign-up requests")
        ordering = ["submitted_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["flow", "applicant_key"],
                condition=Q(closed_at=None),
                name="one_open_request_per_applicant",
            ),
            models.CheckConstraint(
                condition=Q(status="pending", decided_at=None, closed_at=None)
                | Q(status="approved", decided_at__isnull=False)
                | Q(
                    status__in=["denied", "expired", "withdrawn"],
                    decided_at__isnull=False,
                    closed_at__isnull=False,
                ),
                name="status_and_times_agree",
            ),
        ]
        indexes = [
            models.Index(fields=["flow", "status", "submitted_at", "id"], name="queue_lanes"),
            models.Index(fields=["submitted_at", "id"], name="history_order"),
            models.Index(fields=["flow", "applicant_key", "submitted_at"], name="applicants_requests"),
            models.Index(fields=["flow", "submitted_at", "id"], condition=Q(delivery_failed=True), name="failed_lanes"),
            models.Index(fields=["previous"], condition=Q(previous__isnull=False), name="requests_asked_again"),
            models.Index(fields=["decided_by"], condition=Q(decided_by__isnull=False), name="requests_of_decider"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def claims(self) -> dict[str, Any]:
        """The claims as Entra sent them, each with its JSON type."""
        claims: dict[str, Any] = json.loads(self.received)
        return claims

    @property
    def applicant(self) -> Applicant:
        """The person, as provisioning and mail need to know them."""
        return Applicant(
            email=self.email,
            identities=tuple(Identity(**identity) for identity in self.identities),
            attributes=self.attributes,
            locales=tuple(self.locales),
            received=self.received,
        )

    @property
    def domain(self) -> str:
        """The part of the address after the last @."""
        return self.normalised_email.rpartition("@")[2]

    def is_in_effect(self, now: datetime | None = None) -> bool:
        """Whether the decision's time for undoing has passed. Until then the outside knows nothing of it."""
        return self.effects_at is not None and self.effects_at <= (now or timezone.now())

    def may_ask_again_at(self) -> datetime | None:
        """When a denied applicant may ask again, by the flow's rule; None for never."""
        days = self.flow.reapply_after_days
        if days is None or self.decided_at is None:
            return None
        return self.decided_at + timedelta(days=days)
