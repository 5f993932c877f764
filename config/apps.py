"""Start-up of what config itself brings in."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """Django's administration, on our site."""

    default_site = "config.admin_site.AdministratorsSite"
