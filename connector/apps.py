"""Start-up of the connector app."""

from __future__ import annotations

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConnectorConfig(AppConfig):
    """The endpoints that Entra calls."""

    name = "connector"
    verbose_name = _("Connector")
