"""A list of mail domains that has a name, so that rules of several flows can speak of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class DomainList(models.Model):
    """Mail domains, each in lower case and in punycode; one that begins with a dot stands for every domain below it.

    Changed by `approvals.policy.lists` alone, which brings entries into that form and writes the audit event.
    """

    slug = models.SlugField(_("slug"), unique=True, help_text=_("What rules call it."))
    name = models.CharField(_("name"), max_length=100)
    domains = models.JSONField(_("domains"), default=list, blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("list of domains")
        verbose_name_plural = _("lists of domains")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
