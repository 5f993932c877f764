"""Browsers at the administration pages."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User
from tests.admin.pages import signed_in


@pytest.fixture
def pages(admin: User) -> Client:
    """An administrator's browser."""
    return signed_in(admin)
