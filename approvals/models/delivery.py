"""The delivery of an approval: the guest that is to be made. Apart from the decision, for it may fail or wait."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.models.sign_up_request import SignUpRequest


class Delivery(models.Model):
    """How far the guest account of an approved request is. Changed by `approvals.workflow` alone."""

    class State(models.TextChoices):
        """Where the delivery stands."""

        QUEUED = "queued", _("Queued")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    class Stage(models.TextChoices):
        """What is being done, or was done last."""

        WAITING = "waiting", _("Waiting to start")
        AWAITING_RETURN = "awaiting_return", _("Waiting for the applicant to sign up again")
        LOOKING = "looking", _("Looking in the directory")
        CREATING = "creating", _("Creating the guest")
        INVITING = "inviting", _("Inviting the guest")
        UPDATING = "updating", _("Setting the guest's attributes")
        GROUPS = "groups", _("Adding the guest to groups")
        FINISHED = "finished", _("Finished")

    class Made(models.TextChoices):
        """How the guest came to be."""

        CREATED = "created", _("Created")
        INVITED = "invited", _("Invited")
        ADOPTED = "adopted", _("Was already a guest")
        RETURNED = "returned", _("Signed up again")

    request = models.OneToOneField(SignUpRequest, on_delete=models.CASCADE, related_name="delivery", primary_key=True)
    state = models.CharField(_("state"), max_length=16, choices=State, default=State.QUEUED)
    stage = models.CharField(_("stage"), max_length=16, choices=Stage, default=Stage.WAITING)
    made = models.CharField(_("made"), max_length=16, choices=Made, blank=True)
    guest_id = models.CharField(_("guest object id"), max_length=64, blank=True)
    redeem_url = models.URLField(_("redeem link"), max_length=2000, blank=True)
    code = models.CharField(_("error code"), max_length=64, blank=True)
    explanation = models.TextField(_("explanation"), blank=True)
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        indexes = [
            models.Index(
                fields=["state"], condition=models.Q(state__in=["queued", "failed"]), name="unfinished_deliveries"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.request.reference}: {self.state}"
