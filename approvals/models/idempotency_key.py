"""The name that a staff system gives to one deed, so that repeating the call does not repeat the deed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone


class IdempotencyKey(models.Model):
    """A caller's key and what was asked with it. `approvals.api.idempotency` alone changes it.

    Holds no answer, and so no personal data: a repetition is answered with the request as it is then.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=128)
    fingerprint = models.CharField(max_length=64)
    started_at = models.DateTimeField(default=timezone.now, db_index=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_deed_for_each_key")]

    def __str__(self) -> str:
        return f"{self.fingerprint[:12]} by {self.user_id}"
