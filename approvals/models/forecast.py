"""What approving a request would do in the tenant, as a worker found it."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.models.sign_up_request import SignUpRequest


class Forecast(models.Model):
    """The last look into the tenant for a request. `code` says what it found, `facts` hold what a sentence needs."""

    request = models.OneToOneField(SignUpRequest, on_delete=models.CASCADE, related_name="forecast", primary_key=True)
    code = models.CharField(_("code"), max_length=40)
    facts = models.JSONField(_("facts"), default=dict)
    at = models.DateTimeField(_("at"), default=timezone.now)
    asked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("forecast")
        verbose_name_plural = _("forecasts")

    def __str__(self) -> str:
        return self.code
