"""Issuing and revoking API tokens from the command line."""

from __future__ import annotations

import pytest

from accounts.models import ApiToken, User
from approvals.models import AuditEvent
from tests.commands.running import refusal, run, run_json


def test_it_prints_a_token_once_and_keeps_its_hash(anna: User) -> None:
    secret = run("issue_api_token", "anna", "--name", "export").strip()
    token = ApiToken.objects.get()
    assert secret.startswith("foyer_")
    assert secret not in str(token.__dict__)
    assert (token.user, token.name, token.read_only, token.expires_at) == (anna, "export", False, None)
    assert AuditEvent.objects.get(action="token.issued").data["user"] == "anna"


def test_it_prints_all_about_it_as_json(anna: User) -> None:
    issued = run_json("issue_api_token", "anna", "--name", "export", "--expires-days", "7", "--read-only")
    assert issued["token"].startswith("foyer_")
    assert issued["read_only"] is True
    assert issued["expires_at"] == ApiToken.objects.get().expires_at.isoformat()  # type: ignore[union-attr]


def test_it_revokes_a_token_once(anna: User) -> None:
    run("issue_api_token", "anna", "--name", "export")
    run("revoke_api_token", "anna", "--name", "export")
    assert ApiToken.objects.get().revoked_at is not None
    assert "no unrevoked token “export”" in refusal("revoke_api_token", "anna", "--name", "export")
    assert AuditEvent.objects.filter(action="token.revoked").count() == 1


def test_it_refuses_a_second_token_of_a_name_until_the_first_is_revoked(anna: User) -> None:
    run("issue_api_token", "anna", "--name", "export")
    assert "already" in refusal("issue_api_token", "anna", "--name", "export")
    run("revoke_api_token", "anna", "--name", "export")
    run("issue_api_token", "anna", "--name", "export")
    assert ApiToken.objects.filter(revoked_at=None).count() == 1


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (("issue_api_token", "nobody", "--name", "x"), "nobody"),
        (("issue_api_token", "anna"), "--name"),
        (("issue_api_token", "anna", "--name", " "), "--name"),
        (("issue_api_token", "anna", "--name", "x" * 101), "--name"),
        (("issue_api_token", "anna", "--name", "x", "--expires-days", "-3"), "--expires-days"),
        (("revoke_api_token", "nobody", "--name", "x"), "nobody"),
        (("revoke_api_token", "anna", "--name", "x"), "x"),
    ],
)
def test_it_refuses_what_cannot_be(anna: User, argv: tuple[str, ...], word: str) -> None:
    assert word in refusal(*argv)
    assert not ApiToken.objects.exists()


def test_it_refuses_a_token_for_somebody_who_left(anna: User) -> None:
    anna.is_active = False
    anna.save(update_fields=["is_active"])
    assert "may not sign in" in refusal("issue_api_token", "anna", "--name", "x")
