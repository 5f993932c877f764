"""The sign-up policy of a user flow, version by version, and what it said of each sign-up."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from approvals.models.sign_up_request import SignUpRequest
from approvals.models.user_flow import UserFlow


class PolicyVersion(models.Model):
    """All rules of a flow at one time. Never changed: an edit is a new version, and the highest number is in force."""

    flow = models.ForeignKey(UserFlow, on_delete=models.PROTECT, related_name="policy_versions", db_index=False)
    number = models.PositiveIntegerField(_("version"))
    document = models.JSONField(_("rules"), default=dict, help_text=_("As `approvals.policy.document` describes it."))
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    author_name = models.CharField(_("by"), max_length=200, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)
    comment = models.CharField(_("what changed"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policy versions")
        ordering = ["flow", "-number"]
        constraints = [models.UniqueConstraint(fields=["flow", "number"], name="one_policy_version_each")]

    def __str__(self) -> str:
        return f"{self.flow_id}: {self.number}"


class PolicyEvaluation(models.Model):
    """What the rules said of one call, rule by rule. Written once, with the outcome that it led to."""

    class Step(models.TextChoices):
        """When during the sign-up."""

        CHECK_STATUS = "check_status", _("After signing in")
        SUBMIT = "submit", _("With the form")
        LATER = "later", _("After the verification")

    class Outcome(models.TextChoices):
        """What followed."""

        REFUSE = "refuse", _("Refused")
        CORRECT = "correct", _("Sent back to correct")
        APPROVE = "approve", _("Approved")
        REVIEW = "review", _("To a person")
        CONTINUE = "continue", _("May go on to the form")

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request = models.ForeignKey(
        SignUpRequest, on_delete=models.CASCADE, null=True, related_name="evaluations", db_index=False
    )
    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+", db_index=False)
    step = models.CharField(_("step"), max_length=16, choices=Step)
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome)
    rule_id = models.CharField(_("deciding rule"), max_length=60, blank=True)
    rule_name = models.CharField(max_length=100, blank=True)
    trail = models.JSONField(_("rule by rule"), default=list)
    claims = models.JSONField(_("claims set"), default=dict, blank=True)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("policy evaluation")
        verbose_name_plural = _("policy evaluations")
        ordering = ["at", "id"]
        indexes = [models.Index(fields=["request", "at"], name="evaluations_of_request")]

    def __str__(self) -> str:
        return f"{self.step}: {self.outcome}"
