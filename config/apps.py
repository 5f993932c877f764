"""Start-up of what config itself brings in."""

from __future__ import annotations

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import AdminConfig


class HouseConfig(AppConfig):
    """This package, for the sake of its commands."""

    name = "config"


class AdministrationConfig(AdminConfig):
    """Django's administration, on our site."""

    default_site = "config.admin_site.AdministratorsSite"

    def ready(self) -> None:
        """Load what the administration is made of, where there is somebody to show it to."""
        if settings.ANSWERS:
            super().ready()
