"""The people who sign in to Foyer, their API tokens, the guests that Foyer made, and the quota for making them."""

from __future__ import annotations

from collections.abc import Collection

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _


class User(AbstractUser):
    """A reviewer, or, as superuser, an administrator. Which flows a reviewer sees stands at the flow."""

    time_zone = models.CharField(_("time zone"), max_length=64, blank=True)
    keyboard_shortcuts = models.BooleanField(_("single-key shortcuts"), default=True)
    notify = models.BooleanField(_("mail me when a request is waiting"), default=True)

    def __str__(self) -> str:
        return self.get_display_name()

    def validate_unique(self, exclude: Collection[str] | None = None) -> None:
        """Refuse another account's mail address, whatever its capitals: signing in by it would work for neither."""
        super().validate_unique(exclude)
        if not self.email or "email" in (exclude or ()):
            return
        other = User.objects.filter(email__iexact=self.email).exclude(pk=self.pk).first()
        if other is not None:
            told = _("“%(username)s” has this mail address already: signing in by it would work for neither.")
            raise ValidationError({"email": told % {"username": other.username}})

    def get_display_name(self) -> str:
        """The full name, else the user name."""
        return self.get_full_name() or self.username


class ApiToken(models.Model):
    """A staff system's key to the API. It acts as its user; the secret is kept as a hash and shown once.

    Issued, revoked and checked in `accounts.signin.tokens`.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(_("name"), max_length=100)
    secret_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    read_only = models.BooleanField(_("read only"), default=False, help_text=_("May look, and may not decide."))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"],
                condition=models.Q(revoked_at=None),
                name="one_unrevoked_token_per_name",
                violation_error_message=_("This person has a token of that name already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class GuestAccount(models.Model):
    """What Foyer knows of the guest it makes for a request. `accounts.provisioning` alone changes it.

    The object id is written down before anything else is done with a new guest: a repetition goes on from there.
    """

    request = models.OneToOneField("approvals.SignUpRequest", on_delete=models.PROTECT, related_name="guest_account")
    object_id = models.CharField(_("object id"), max_length=64, blank=True, db_index=True)
    made = models.CharField(_("made"), max_length=16, blank=True)
    redeem_url = models.URLField(_("redeem link"), max_length=2000, blank=True)
    asked_at = models.DateTimeField(_("first asked Graph for it"), null=True, blank=True)
    attributes_set_at = models.DateTimeField(_("attributes set"), null=True, blank=True)
    groups_joined = models.JSONField(_("groups joined"), default=list, blank=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("guest account")
        verbose_name_plural = _("guest accounts")

    def __str__(self) -> str:
        return self.object_id or f"({self.request_id})"


class GraphQuota(models.Model):
    """How far one application has used what Microsoft Graph allows it: `accounts.graph.pace.State` as a row.

    `accounts.graph.database_quota` alone changes it. Times are seconds of the database's clock.
    """

    application = models.CharField(max_length=200, primary_key=True)
    next_at = models.FloatField(default=0)
    paused_from = models.FloatField(default=0)
    paused_until = models.FloatField(default=0)
    pace = models.FloatField(default=1)
    paced_at = models.FloatField(default=0)

    def __str__(self) -> str:
        return self.application
