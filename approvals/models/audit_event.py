"""What happened, when, by whom. Rows are added and never changed; words are made when they are shown."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from uuid6 import uuid7

from approvals.models.sign_up_request import SignUpRequest
from approvals.models.user_flow import UserFlow


class Action(models.TextChoices):
    """Everything that leaves an audit event."""

    SUBMITTED = "request.submitted", _("Request received")
    ANSWERS_CHANGED = "request.answers_changed", _("Applicant submitted changed answers")
    APPROVED = "request.approved", _("Approved")
    DENIED = "request.denied", _("Denied")
    UNDONE = "request.undone", _("Decision undone")
    REOPENED = "request.reopened", _("Opened again")
    APPROVED_BY_POLICY = "request.approved_by_policy", _("Approved automatically")
    REFUSED_BY_POLICY = "request.refused_by_policy", _("Refused automatically")
    VERIFIED = "request.verified", _("Identity verification")
    EXPIRED = "request.expired", _("Expired")
    WITHDRAWN = "request.withdrawn", _("Withdrawn by the applicant")
    PROVISIONED = "delivery.done", _("Guest ready")
    DELIVERY_FAILED = "delivery.failed", _("Guest could not be made")
    DELIVERY_RETRIED = "delivery.retried", _("Delivery tried again")
    RETURNED = "delivery.returned", _("Approved applicant signed up")
    MAIL_SENT = "mail.sent", _("Mail sent")
    MAIL_FAILED = "mail.failed", _("Mail could not be sent")
    FLOW_CREATED = "flow.created", _("User flow created")
    FLOW_CHANGED = "flow.changed", _("User flow changed")
    POLICY_CHANGED = "policy.changed", _("Sign-up policy changed")
    DOMAIN_LIST_CHANGED = "policy.list_changed", _("List of domains changed")
    VERIFICATION_CHANGED = "verification.changed", _("Identity verification set up")
    CREDENTIAL_ISSUED = "credential.issued", _("Connector credential issued")
    CREDENTIAL_REVOKED = "credential.revoked", _("Connector credential revoked")
    TOKEN_ISSUED = "token.issued", _("API token issued")
    TOKEN_REVOKED = "token.revoked", _("API token revoked")


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Refuses what an audit trail must not have done to it."""

    def update(self, **_changes: Any) -> int:
        """Refuse: an audit event stays as it was written."""
        raise TypeError("Audit events are never changed.")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refuse: an audit event stays."""
        raise TypeError("Audit events are never deleted.")


class AuditEvent(models.Model):
    """One thing that happened. `actor` None is the system; `data` holds facts by name, no claims, no addresses."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    action = models.CharField(_("action"), max_length=40, choices=Action)
    at = models.DateTimeField(_("at"), default=timezone.now)
    request = models.ForeignKey(
        SignUpRequest, on_delete=models.PROTECT, null=True, related_name="events", db_index=False
    )
    flow = models.ForeignKey(UserFlow, on_delete=models.PROTECT, null=True, related_name="events", db_index=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    actor_name = models.CharField(_("by"), max_length=200, blank=True)
    data = models.JSONField(_("facts"), default=dict)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["at", "id"]
        verbose_name = _("audit event")
        verbose_name_plural = _("audit events")
        indexes = [
            models.Index(fields=["request", "at"], name="requests_timeline"),
            models.Index(fields=["at", "id"], name="audit_order"),
            models.Index(fields=["flow", "at", "id"], name="audit_of_flow"),
            models.Index(fields=["flow", "action", "at", "id"], name="audit_lanes"),
            models.Index(
                fields=["actor", "flow", "action", "at", "id"],
                condition=models.Q(actor__isnull=False),
                name="audit_lanes_of_actor",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Write the event once. Raises TypeError the second time."""
        if not self._state.adding:
            raise TypeError("Audit events are never changed.")
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refuse: an audit event stays."""
        raise TypeError("Audit events are never deleted.")
