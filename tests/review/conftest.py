"""Browsers of the cast, and how long a decision can be undone."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User


def signed_in(user: User) -> Client:
    """A browser in which this person has signed in, and which refuses forms without their token."""
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def annas(anna: User) -> Client:
    """Anna's browser."""
    return signed_in(anna)


@pytest.fixture
def bens(ben: User) -> Client:
    """Ben's browser."""
    return signed_in(ben)


@pytest.fixture
def held(settings) -> None:
    """Decisions wait long enough to be undone."""
    settings.DECISION_HOLD_SECONDS = 60
