"""The administration pages: for administrators alone. Their sign-in is everybody's: see `config.urls`."""

from __future__ import annotations

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class AdministratorsSite(AdminSite):
    """Django's administration under our name and our notion of an administrator."""

    site_header = site_title = _("Foyer administration")
    index_title = _("Administration")

    def has_permission(self, request: HttpRequest) -> bool:
        """Whether this person is an administrator. Being staff is not enough and not needed."""
        return bool(request.user.is_active and request.user.is_superuser)
