"""Start-up of the approvals app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    """Registers the system checks."""

    name = "approvals"
    verbose_name = _("Approvals")

    def ready(self) -> None:
        from approvals import checks  # noqa: F401
