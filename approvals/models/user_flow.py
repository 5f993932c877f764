"""A self-service sign-up user flow of the tenant, with the people who review its requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from accounts.models import User


class UserFlowQuerySet(models.QuerySet["UserFlow"]):
    """Which flows a person may see."""

    def reviewed_by(self, user: User) -> UserFlowQuerySet:
        """The flows that this person reviews; all of them for an administrator."""
        return self if user.is_superuser else self.filter(reviewers=user)


class UserFlow(models.Model):
    """One user flow. Its slug is part of the connector's addresses."""

    class Provisioning(models.TextChoices):
        """Who makes the guest after an approval."""

        GRAPH = "graph", _("Foyer creates or invites the guest through Microsoft Graph")
        ON_RETURN = "on_return", _("Entra creates the guest when the approved applicant signs up again")

    class InvitationMail(models.TextChoices):
        """Whose mail carries the redeem link of an invitation: exactly one of the two is sent."""

        FOYER = "foyer", _("Foyer, with the flow's own texts")
        ENTRA = "entra", _("Microsoft Entra, with its stock text")

    slug = models.SlugField(_("slug"), unique=True, help_text=_("Part of the connector's addresses."))
    name = models.CharField(_("name"), max_length=100)
    redirect_url = models.URLField(
        _("application address"), max_length=500, help_text=_("Where an approved guest goes.")
    )
    contact = models.CharField(
        _("contact"),
        max_length=200,
        blank=True,
        help_text=_("Shown to applicants: a mail address, phone number or page."),
    )
    is_default = models.BooleanField(
        _("default flow"),
        default=False,
        help_text=_("Answers at the addresses of Microsoft's approval sample."),
    )
    provisioning = models.CharField(_("provisioning"), max_length=16, choices=Provisioning, default=Provisioning.GRAPH)
    invitation_mail = models.CharField(
        _("invitation mail"), max_length=16, choices=InvitationMail, default=InvitationMail.FOYER
    )
    group_ids = models.JSONField(
        _("groups"), default=list, blank=True, help_text=_("Object ids of the groups that a new guest joins.")
    )
    reapply_after_days = models.PositiveIntegerField(
        _("may apply again after (days)"),
        null=True,
        blank=True,
        help_text=_("Days after a denial until the same person may ask again; empty for never."),
    )
    language = models.CharField(
        _("language"),
        max_length=8,
        choices=settings.LANGUAGES,
        default="en",
        help_text=_("For applicants whose language is not offered."),
    )
    texts = models.JSONField(
        _("texts"),
        default=dict,
        blank=True,
        help_text=_('Your own texts for applicants, as {"de": {"waiting": "…"}}; what is missing comes from Foyer.'),
    )
    expects_organisations = models.BooleanField(
        _("expects organisations"),
        db_default=False,
        default=False,
        help_text=_("Point out addresses of free mail services to the reviewer."),
    )
    partner_domains = models.ForeignKey(
        "approvals.DomainList",
        on_delete=models.PROTECT,
        verbose_name=_("partners' domains"),
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Known partners, beside those whose people were approved before; look-alikes are pointed out."),
    )
    reviewers: models.ManyToManyField[Any, Any] = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("reviewers"), related_name="reviewed_flows", blank=True
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = UserFlowQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name = _("user flow")
        verbose_name_plural = _("user flows")
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=models.Q(is_default=True),
                name="one_default_flow",
                violation_error_message=_("Another flow is the default one."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def is_reviewed_by(self, user: User) -> bool:
        """Whether this person may decide on requests of this flow."""
        return user.is_active and (user.is_superuser or self.reviewers.filter(pk=user.pk).exists())
