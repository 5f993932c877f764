"""Checking a local account's password."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db.models.functions import Lower
from django.http import HttpRequest

from accounts.models import User


def canonical_name(typed: str) -> str:
    """The one spelling under which attempts are counted: without it each mix of capitals had attempts of its own."""
    typed = typed.strip()
    return typed.lower() if "@" in typed else typed


class LocalAccountBackend(ModelBackend):
    """A user name, or the mail address of exactly one account, and a password.

    An unknown name costs as much time as a wrong password.
    """

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_other: Any
    ) -> User | None:
        """The account, or None: unknown, ambiguous, not active, or not the password."""
        if not username or password is None:
            return None
        user = _named(username)
        if user is None:
            User().set_password(password)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None


def _named(username: str) -> User | None:
    if "@" not in username:
        return User.objects.filter(username=username).first()
    name = canonical_name(username)
    spelled = User.objects.annotate(lower_email=Lower("email"), lower_username=Lower("username"))
    by_username = spelled.filter(lower_username=name)[:2]
    found = list(by_username) or list(spelled.filter(lower_email=name)[:2])
    return found[0] if len(found) == 1 else None
