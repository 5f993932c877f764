"""A new SECRET_KEY beside the old one."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User


@pytest.mark.parametrize(("fallbacks", "status"), [(True, 200), (False, 302)], ids=["kept", "thrown away"])
def test_it_leaves_people_signed_in_as_long_as_the_old_key_holds(
    client: Client, anna: User, settings: Settings, fallbacks: bool, status: int
) -> None:
    client.force_login(anna)
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another-key-0123456789-abcdefghijklmnopqrstuvwxyz"
    settings.SECRET_KEY_FALLBACKS = [old] if fallbacks else []

    assert client.get("/requests/", follow=False).status_code == status
