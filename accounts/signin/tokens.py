"""API tokens: issuing, revoking, and letting their bearers in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from accounts.models import ApiToken, User
from approvals import audit
from approvals.models import Action

# A recognisable beginning: secret scanners find a token that was pasted into a repository.
PREFIX = "foyer_"
LAST_USED_EVERY = timedelta(minutes=1)


def issue_token(
    user: User, name: str, *, lifetime: timedelta | None = None, read_only: bool = False, actor: User | None = None
) -> tuple[ApiToken, str]:
    """A new token that acts as `user`, and its secret, which nobody can read again.

    Raises IntegrityError when the user has an unrevoked token of that name.
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    with transaction.atomic():
        token = ApiToken.objects.create(
            user=user,
            name=name,
            secret_sha256=_sha256(secret.encode()),
            read_only=read_only,
            expires_at=timezone.now() + lifetime if lifetime else None,
        )
        audit.record(Action.TOKEN_ISSUED, actor=actor, token=token.pk, name=name, user=user.username)
    return token, secret


def revoke_token(token: ApiToken, *, actor: User | None = None) -> bool:
    """Shut the token out at once. True the first time; after that False, and nothing changes."""
    with transaction.atomic():
        if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()) != 1:
            return False
        audit.record(Action.TOKEN_REVOKED, actor=actor, token=token.pk, name=token.name, user=token.user.username)
    return True


class ApiTokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer foyer_…`. Any other scheme is left to the next authenticator."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's user and the token. Raises AuthenticationFailed, the same one whatever is wrong with it."""
        scheme, _space, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        token = _usable_token(secret.strip())
        if token is None:
            raise AuthenticationFailed(_("This API token is not valid."))
        if token.read_only and request.method not in SAFE_METHODS:
            raise PermissionDenied(_("This API token may only read."), code="read_only_token")
        _note_use(token)
        return token.user, token

    def authenticate_header(self, _request: Request) -> str:
        """What WWW-Authenticate says beside a 401."""
        return 'Bearer realm="Foyer"'


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI description names the tokens."""

    target_class = ApiTokenAuthentication
    name = "apiToken"

    def get_security_definition(self, _auto_schema: object) -> dict[str, str]:
        """An HTTP bearer scheme."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from `manage.py issue_api_token`; it acts as its user and sees that user's flows.",
        }


def _sha256(secret: bytes) -> str:
    """The hash under which a generated secret is kept: 256 random bits need no slow one."""
    return hashlib.sha256(secret).hexdigest()


def _usable_token(secret: bytes) -> ApiToken | None:
    """The token with this secret. Looked up by its hash: what the index's timing tells of a hash opens nothing."""
    unexpired = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    usable = ApiToken.objects.filter(unexpired, revoked_at=None, user__is_active=True)
    return usable.select_related("user").filter(secret_sha256=_sha256(secret)).first()


def _note_use(token: ApiToken) -> None:
    """Remember the time of use, to the minute."""
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > LAST_USED_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
