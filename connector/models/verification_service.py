"""Which service verifies the applicants of a flow, and what follows when it says no."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals.models import UserFlow
from connector.verification.sealing import Unsealed, unseal

LONGEST_BUDGET = 12
MOST_TRIES = 10


class VerificationService(models.Model):
    """A flow's verification service. `connector.verification.setting_up` alone writes it.

    `kind` names a line of `connector.verification.registry`; the settings of the service are sealed.
    """

    class Mode(models.TextChoices):
        """When it is asked."""

        DURING = "during", _("While the applicant waits")
        LATER = "later", _("After the request was recorded")

    class OnFailed(models.TextChoices):
        """What a failed verification leads to."""

        CORRECT = "correct", _("The applicant may correct the form and try again")
        REFUSE = "refuse", _("The sign-up is refused")
        REVIEW = "review", _("A reviewer decides")

    flow = models.OneToOneField(
        UserFlow, on_delete=models.CASCADE, related_name="verification_service", verbose_name=_("user flow")
    )
    kind = models.CharField(_("service"), max_length=40, editable=False)
    mode = models.CharField(_("asked"), max_length=16, choices=Mode, default=Mode.DURING)
    on_failed = models.CharField(_("when it fails"), max_length=16, choices=OnFailed, default=OnFailed.REVIEW)
    tries = models.PositiveSmallIntegerField(
        _("corrections allowed"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_TRIES)],
        help_text=_("How often an applicant may correct the form; after that a reviewer decides."),
    )
    budget_seconds = models.PositiveSmallIntegerField(
        _("time limit in seconds"),
        default=8,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_BUDGET)],
        help_text=_("How long an applicant waits for the service at most; after that a reviewer decides."),
    )
    sealed = models.TextField(editable=False)
    changed_at = models.DateTimeField(_("changed"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("identity verification service")
        verbose_name_plural = _("identity verification services")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(budget_seconds__gte=1, budget_seconds__lte=LONGEST_BUDGET),
                name="verification_within_entras_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.flow}: {self.kind}"

    def settings(self) -> Unsealed:
        """The service's settings in the clear. Raises SealBroken."""
        return unseal(self.sealed)

    def after_failures(self, failures: int) -> OnFailed:
        """What follows for an applicant whose verification has failed with so many different answers, the last included."""
        if self.on_failed == self.OnFailed.CORRECT and failures > self.tries:
            return self.OnFailed.REVIEW
        return self.OnFailed(self.on_failed)
