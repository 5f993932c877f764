"""A mail server for whoever asks for one, and the product set up to use it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.mail.smtp_server import MailServer


@pytest.fixture
def mail_server(settings) -> Iterator[MailServer]:
    """The product sends its mail to this server."""
    server = MailServer()
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", server.port, 10
    settings.DEFAULT_FROM_EMAIL = "Foyer <foyer@contoso.example>"
    yield server
    server.stop()
