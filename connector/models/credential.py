"""Who may call the connector."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from approvals import audit
from approvals.models import Action, UserFlow
from connector import known

if TYPE_CHECKING:
    from accounts.models import User

LIVE_AT_ONCE = 2
LAST_USED_EVERY = timedelta(minutes=1)


def sha256(secret: str) -> str:
    """The hash under which a generated secret is kept: 256 random bits need no slow one."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class TooManyCredentials(Exception):
    """The flow has two live credentials already: revoke one first."""


class ConnectorCredentialQuerySet(models.QuerySet["ConnectorCredential"]):
    """The ways to look at credentials."""

    def live(self, now: datetime | None = None) -> Self:
        """Those that open the door now."""
        now = now or timezone.now()
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


class ConnectorCredential(models.Model):
    """A user name and a generated secret for one flow's endpoints. Two may be live, so that one can replace the other."""

    flow = models.ForeignKey(UserFlow, on_delete=models.CASCADE, related_name="credentials")
    username = models.CharField(_("user name"), max_length=80, unique=True)
    secret_sha256 = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)

    objects = ConnectorCredentialQuerySet.as_manager()

    class Meta:
        verbose_name = _("connector credential")
        verbose_name_plural = _("connector credentials")

    def __str__(self) -> str:
        return self.username

    @classmethod
    def issue(
        cls, flow: UserFlow, *, lifetime: timedelta | None = None, actor: User | None = None
    ) -> tuple[ConnectorCredential, str]:
        """A new credential and its secret, which nobody can read again. Raises TooManyCredentials."""
        secret = secrets.token_urlsafe(32)
        with transaction.atomic():
            UserFlow.objects.select_for_update().get(pk=flow.pk)
            if cls.objects.live().filter(flow=flow).count() >= LIVE_AT_ONCE:
                raise TooManyCredentials
            credential = cls.objects.create(
                flow=flow,
                username=f"{flow.slug}-{secrets.token_hex(4)}",
                secret_sha256=sha256(secret),
                expires_at=timezone.now() + lifetime if lifetime else None,
            )
            audit.record(Action.CREDENTIAL_ISSUED, flow=flow, actor=actor, username=credential.username)
        return credential, secret

    def revoke(self, *, actor: User | None = None) -> None:
        """Close the door for this credential: in this process at once, in others within `known.SECONDS`.

        The second time changes nothing.
        """
        with transaction.atomic():
            open_one = ConnectorCredential.objects.filter(pk=self.pk, revoked_at=None)
            if open_one.update(revoked_at=timezone.now()) == 1:
                audit.record(Action.CREDENTIAL_REVOKED, flow=self.flow, actor=actor, username=self.username)
                # Now, and once more when nobody can read the old state any longer.
                known.forget(self.username)
                transaction.on_commit(lambda: known.forget(self.username))

    def opens_now(self) -> bool:
        """Whether it has not run out since it was read."""
        return self.expires_at is None or self.expires_at > timezone.now()

    def note_use(self) -> None:
        """Remember the time of use, to the minute."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at > LAST_USED_EVERY:
            ConnectorCredential.objects.filter(pk=self.pk).update(last_used_at=now)
