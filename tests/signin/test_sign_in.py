"""The sign-in page: who gets in, and how little it tells those who do not."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import Client
from django.urls import reverse

from accounts.models import User
from accounts.signin.backends import LocalAccountBackend
from tests.factories import PASSWORD, make_user

SIGN_IN = reverse("accounts:sign-in")
QUEUE = reverse("review:queue")


def attempt(client: Client, username: str, password: str = PASSWORD, **fields: str) -> Any:
    return client.post(SIGN_IN, {"username": username, "password": password, **fields})


def is_signed_in(client: Client) -> bool:
    return client.get(QUEUE).status_code == 200


@pytest.mark.parametrize("username", ["anna", " anna ", "anna@contoso.example", "ANNA@Contoso.Example"])
def test_it_lets_in_by_user_name_and_by_mail_address(client, anna, username) -> None:
    assert attempt(client, username)["Location"] == QUEUE
    assert is_signed_in(client)


def test_it_lets_in_by_a_user_name_that_is_an_address(client, anna) -> None:
    make_user("Cleo@Contoso.example", email="")
    attempt(client, "cleo@contoso.example")
    assert is_signed_in(client)


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("anna", "wrong"),
        ("anna", PASSWORD.upper()),
        ("Anna", PASSWORD),
        ("nobody", PASSWORD),
        ("nobody@contoso.example", PASSWORD),
        ("shared@contoso.example", PASSWORD),
        ("gone", PASSWORD),
        ("%", PASSWORD),
    ],
)
def test_it_says_the_same_whatever_was_wrong(client, anna, username, password) -> None:
    make_user("one", email="shared@contoso.example")
    make_user("two", email="shared@contoso.example")
    make_user("gone", is_active=False)
    response = attempt(client, username, password)
    page = response.content.decode()
    assert response.status_code == 200
    assert "The user name or password is not right." in page
    assert not is_signed_in(client)
    assert password not in page


class CountingHasher(Argon2PasswordHasher):
    """Argon2 that remembers how often it has worked."""

    worked = 0

    def encode(self, *args: Any, **kwargs: Any) -> str:
        CountingHasher.worked += 1
        return super().encode(*args, **kwargs)

    def verify(self, *args: Any, **kwargs: Any) -> bool:
        CountingHasher.worked += 1
        return super().verify(*args, **kwargs)


@pytest.mark.parametrize("username", ["anna", "anna@contoso.example", "nobody", "nobody@contoso.example"])
def test_it_hashes_once_whether_the_account_exists_or_not(anna, username, settings) -> None:
    settings.PASSWORD_HASHERS = ["tests.signin.test_sign_in.CountingHasher"]
    anna.set_password(PASSWORD)
    anna.save()
    CountingHasher.worked = 0
    assert LocalAccountBackend().authenticate(None, username=username, password="wrong") is None
    assert CountingHasher.worked == 1


def test_it_refuses_half_a_form(client, anna) -> None:
    assert "required" in attempt(client, "").content.decode()
    assert attempt(client, "anna", "").status_code == 200
    assert not is_signed_in(client)


@pytest.mark.parametrize("username", ["anna", "nobody"])
def test_it_locks_after_five_failures_whether_the_account_exists_or_not(client, anna, username) -> None:
    for _ in range(4):
        assert attempt(client, username, "wrong").status_code == 200
    locked = attempt(client, username, "wrong")
    assert locked.status_code == 429
    assert locked["Retry-After"] == "900"
    assert "Too many attempts" in locked.content.decode()
    # The right password helps no more.
    assert attempt(client, username).status_code == 429
    assert not is_signed_in(client)


def test_it_counts_every_spelling_of_an_address_as_one(client, anna) -> None:
    spellings = ["anna@contoso.example", "ANNA@contoso.example", " Anna@contoso.example", "anna@CONTOSO.example"]
    answers = [attempt(client, spelling, "wrong").status_code for spelling in [*spellings, "annA@contoso.example"]]
    assert answers == [200, 200, 200, 200, 429]


def test_it_locks_one_caller_and_not_another(client, anna) -> None:
    for _ in range(5):
        attempt(client, "anna", "wrong")
    elsewhere = Client(REMOTE_ADDR="198.51.100.7")
    attempt(elsewhere, "anna")
    assert is_signed_in(elsewhere)


def test_it_forgets_failures_after_a_success(client, anna) -> None:
    for _ in range(4):
        attempt(client, "anna", "wrong")
    attempt(client, "anna")
    client.logout()
    assert attempt(client, "anna", "wrong").status_code == 200


@pytest.mark.parametrize("target", ["/history/", "/requests/AAA-AAAA/"])
def test_it_goes_where_the_person_was_heading(client, anna, target) -> None:
    assert attempt(client, "anna", next=target)["Location"] == target


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example", "http:///x"]
)
def test_it_goes_nowhere_else(client, anna, target) -> None:
    assert attempt(client, "anna", next=target)["Location"] == QUEUE


def test_it_sends_who_is_signed_in_to_the_queue(client, anna) -> None:
    client.force_login(anna)
    assert client.get(SIGN_IN)["Location"] == QUEUE


def test_it_takes_the_browsers_time_zone_once(client, anna) -> None:
    attempt(client, "anna", time_zone="Europe/Lisbon")
    assert User.objects.get(pk=anna.pk).time_zone == "Europe/Lisbon"
    client.logout()
    attempt(client, "anna", time_zone="Asia/Tokyo")
    assert User.objects.get(pk=anna.pk).time_zone == "Europe/Lisbon"


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "", "x" * 64])
def test_it_takes_no_time_zone_that_does_not_exist(client, anna, zone) -> None:
    attempt(client, "anna", time_zone=zone)
    assert is_signed_in(client)
    assert User.objects.get(pk=anna.pk).time_zone == ""


def test_it_refuses_a_sign_in_without_its_token(anna) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert attempt(browser, "anna").status_code == 403
    assert not is_signed_in(browser)


def test_it_signs_out_by_a_button_and_not_by_a_link(client, anna) -> None:
    client.force_login(anna)
    assert client.get(reverse("accounts:sign-out")).status_code == 405
    assert client.post(reverse("accounts:sign-out"))["Location"] == SIGN_IN
    assert not is_signed_in(client)


def test_it_changes_the_session_key_at_sign_in(client, anna) -> None:
    client.session.save()
    client.cookies["foyer"] = client.session.session_key or ""
    before = client.cookies["foyer"].value
    attempt(client, "anna")
    assert client.cookies["foyer"].value != before


def test_it_asks_for_the_administrators_password_at_the_same_door(client, anna, admin) -> None:
    response = client.get("/admin/login/?next=/admin/approvals/")
    assert response["Location"] == f"{SIGN_IN}?next=/admin/approvals/"
    client.force_login(anna)
    assert client.get("/admin/", follow=True).status_code == 403
    client.force_login(admin)
    assert client.get("/admin/").status_code == 200


def test_it_sends_strict_headers(client) -> None:
    response = client.get(SIGN_IN)
    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response["X-Frame-Options"] == "DENY"
    page = response.content.decode()
    assert not re.search(r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son\w+=", page)
