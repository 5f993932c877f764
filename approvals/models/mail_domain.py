"""What the requests so far say of the mail domains that people come from."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from approvals.models.sign_up_request import SignUpRequest
from approvals.models.user_flow import UserFlow


class MailDomain(models.Model):
    """One domain in one flow: how many asked, and how many of them were let in. `approvals.hints` alone changes it.

    The domain is in lower case and in punycode.
    """

    flow = models.ForeignKey(UserFlow, on_delete=models.CASCADE, related_name="+", db_index=False)
    domain = models.CharField(_("domain"), max_length=320)
    requests = models.PositiveIntegerField(_("requests"), default=0)
    approved = models.PositiveIntegerField(_("let in"), default=0)
    first_request_at = models.DateTimeField(_("first request"))
    last_request_at = models.DateTimeField(_("last request"))

    class Meta:
        verbose_name = _("mail domain")
        verbose_name_plural = _("mail domains")
        constraints = [models.UniqueConstraint(fields=["flow", "domain"], name="one_row_for_each_domain")]
        indexes = [
            models.Index(fields=["flow", "-last_request_at"], condition=Q(approved__gt=0), name="partners_of_flow"),
        ]

    def __str__(self) -> str:
        return self.domain


class CountedRequest(models.Model):
    """A request that its domain has counted, so that none is counted twice; and by the index, how many came when."""

    request = models.OneToOneField(SignUpRequest, on_delete=models.CASCADE, related_name="+", primary_key=True)
    domain = models.ForeignKey(MailDomain, on_delete=models.CASCADE, related_name="+", db_index=False)
    submitted_at = models.DateTimeField()
    let_in = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["domain", "submitted_at"], name="arrivals_of_domain")]

    def __str__(self) -> str:
        return str(self.request_id)


class EarlierRequestsCounted(models.Model):
    """One row, number 1: how far the requests are counted that are older than the counting. No row, and all of them are."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    up_to = models.UUIDField(null=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.finished_at or self.up_to)
