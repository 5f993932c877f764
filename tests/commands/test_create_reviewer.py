"""Making reviewers from the command line."""

from __future__ import annotations

import io

import pytest

from accounts.models import User
from approvals.models import AuditEvent, UserFlow
from tests.commands.running import refusal, run
from tests.factories import make_flow


def test_it_makes_a_reviewer_who_can_sign_in_with_the_printed_password(flow: UserFlow) -> None:
    make_flow("suppliers")
    said = run("create_reviewer", "kim", "--email", "kim@contoso.example", "--flow", "partners", "--flow", "suppliers")
    kim = User.objects.get(username="kim")
    password = said.splitlines()[-1].removeprefix("password: ")
    assert kim.check_password(password)
    assert not kim.is_superuser
    assert {each.slug for each in kim.reviewed_flows.all()} == {"partners", "suppliers"}
    assert AuditEvent.objects.get(action="flow.changed", flow=flow).data == {"reviewers_added": ["kim"]}


def test_it_makes_an_administrator(db: None) -> None:
    run("create_reviewer", "kim", "--email", "kim@contoso.example", "--admin")
    assert User.objects.get(username="kim").is_superuser


def test_it_takes_a_password_from_standard_input(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery staple\nmore\n"))
    said = run("create_reviewer", "kim", "--email", "kim@contoso.example", "--admin", "--password-from", "stdin")
    assert User.objects.get(username="kim").check_password("correct horse battery staple")
    assert "correct horse" not in said


def test_it_refuses_a_weak_password(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("12345\n"))
    refused = refusal("create_reviewer", "kim", "--email", "k@c.example", "--admin", "--password-from", "stdin")
    assert "too short" in refused
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (("kim", "--flow", "partners"), "--email"),
        (("kim", "--email", "k@c.example"), "--flow"),
        (("kim", "--email", "k@c.example", "--flow", "lost"), "lost"),
        (("kim", "--email", "nowhere", "--flow", "partners"), "email"),
        (("anna", "--email", "a@c.example", "--flow", "partners"), "username"),
        (("two words", "--email", "a@c.example", "--flow", "partners"), "username"),
    ],
)
def test_it_refuses_what_cannot_be(anna: User, argv: tuple[str, ...], word: str) -> None:
    assert word in refusal("create_reviewer", *argv)
    assert list(User.objects.all()) == [anna]


@pytest.mark.parametrize("address", ["anna@contoso.example", "Anna@Contoso.Example"])
def test_it_refuses_the_mail_address_of_another_account(anna: User, flow: UserFlow, address: str) -> None:
    assert "“anna”" in refusal("create_reviewer", "kim", "--email", address, "--flow", "partners")
    assert list(User.objects.all()) == [anna]
