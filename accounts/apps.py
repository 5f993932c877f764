"""Start-up of the accounts app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """The people who sign in, and the guests that Foyer makes."""

    name = "accounts"
    verbose_name = _("Accounts")
