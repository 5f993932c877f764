"""Calls that could not be used."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.models import UserFlow


class UnusableCall(models.Model):
    """A call with good credentials that could not be used: what was wrong with it, and not a claim of it."""

    flow = models.ForeignKey(UserFlow, on_delete=models.CASCADE, related_name="unusable_calls")
    step = models.CharField(_("step"), max_length=16)
    code = models.CharField(_("code"), max_length=40)
    body_bytes = models.PositiveIntegerField(_("size of the body"), null=True)
    content_type = models.CharField(_("content type"), max_length=100, blank=True)
    at = models.DateTimeField(_("at"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("unusable call")
        verbose_name_plural = _("unusable calls")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.flow} {self.step}: {self.code}"
