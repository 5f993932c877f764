"""A person's own settings, and what they do to the pages."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.factories import PASSWORD

PREFERENCES = reverse("accounts:preferences")
CHANGE = reverse("accounts:change-password")
NEW = "another-long-enough-password"


@pytest.fixture
def annas(client: Client, anna: User) -> Client:
    client.force_login(anna)
    return client


@pytest.mark.parametrize("address", [PREFERENCES, CHANGE])
def test_it_is_for_people_who_have_signed_in(client, address) -> None:
    assert client.get(address)["Location"].startswith(reverse("accounts:sign-in"))


def test_it_saves_what_a_person_sets(annas, anna) -> None:
    response = annas.post(PREFERENCES, {"time_zone": "America/Sao_Paulo"})
    assert response["Location"] == PREFERENCES
    anna.refresh_from_db()
    assert (anna.time_zone, anna.notify, anna.keyboard_shortcuts) == ("America/Sao_Paulo", False, False)
    assert "Your preferences are saved." in annas.get(PREFERENCES).content.decode()


def test_it_changes_nothing_else(annas, anna) -> None:
    annas.post(PREFERENCES, {"time_zone": "UTC", "is_superuser": "on", "is_staff": "on", "username": "root"})
    anna.refresh_from_db()
    assert (anna.username, anna.is_superuser, anna.is_staff) == ("anna", False, False)


def test_it_refuses_a_time_zone_that_does_not_exist(annas, anna) -> None:
    assert annas.post(PREFERENCES, {"time_zone": "Mars/Olympus"}).status_code == 400
    anna.refresh_from_db()
    assert anna.notify


def test_it_switches_single_keys_off(annas, anna) -> None:
    assert "data-shortcuts" in annas.get(PREFERENCES).content.decode()
    User.objects.filter(pk=anna.pk).update(keyboard_shortcuts=False)
    assert "data-shortcuts" not in annas.get(PREFERENCES).content.decode()


def test_it_survives_a_zone_that_no_longer_exists(annas, anna) -> None:
    User.objects.filter(pk=anna.pk).update(time_zone="Nowhere/Atlantis")
    assert annas.get(reverse("review:queue")).status_code == 200


def test_it_changes_the_password_and_ends_other_sessions(annas, anna) -> None:
    elsewhere = Client()
    elsewhere.force_login(anna)
    fields = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    assert annas.post(CHANGE, fields)["Location"] == PREFERENCES
    anna.refresh_from_db()
    assert anna.check_password(NEW)
    assert annas.get(PREFERENCES).status_code == 200
    assert elsewhere.get(PREFERENCES).status_code == 302


@pytest.mark.parametrize(
    "fields",
    [
        {"old_password": "wrong", "new_password1": NEW, "new_password2": NEW},
        {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW + "x"},
        {"old_password": PASSWORD, "new_password1": "short", "new_password2": "short"},
        {"old_password": PASSWORD, "new_password1": "12345678901", "new_password2": "12345678901"},
        {},
    ],
)
def test_it_refuses_a_password_that_will_not_do(annas, anna, fields) -> None:
    response = annas.post(CHANGE, fields)
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()
    anna.refresh_from_db()
    assert anna.check_password(PASSWORD)
