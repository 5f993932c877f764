"""What an identity verification service said of an applicant: its answer, and none of what it was asked."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from approvals.models.sign_up_request import SignUpRequest
from approvals.models.user_flow import UserFlow


class Verification(models.Model):
    """One question to a service, and its outcome. The same applicant with the same inputs is asked about once.

    `inputs` is a keyed hash of what the service would be asked: neither the values nor anything to guess them from.
    """

    class Outcome(models.TextChoices):
        """What came of it."""

        ASKING = "asking", _("Being asked")
        PASSED = "passed", _("Verified")
        FAILED = "failed", _("Not verified")
        REFER = "refer", _("The service asks for a person's judgement")
        UNAVAILABLE = "unavailable", _("The service could not say")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    flow = models.ForeignKey(UserFlow, on_delete=models.PROTECT, related_name="+", db_index=False)
    request = models.ForeignKey(
        SignUpRequest, on_delete=models.CASCADE, null=True, related_name="verifications", db_index=False
    )
    applicant_key = models.CharField(max_length=64, editable=False)
    inputs = models.CharField(max_length=64, editable=False)
    vendor = models.CharField(_("service"), max_length=40)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome, default=Outcome.ASKING)
    vendor_reference = models.CharField(_("the service's reference"), max_length=100, blank=True)
    reasons = models.JSONField(_("reason codes"), default=list)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("identity verification")
        verbose_name_plural = _("identity verifications")
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["flow", "applicant_key", "inputs"], name="asked_once_per_inputs"),
        ]
        indexes = [
            models.Index(
                fields=["request", "at"], condition=models.Q(request__isnull=False), name="verifications_of_request"
            )
        ]

    def __str__(self) -> str:
        return f"{self.vendor}: {self.outcome}"
