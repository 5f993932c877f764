"""Setting up a user flow from the command line."""

from __future__ import annotations

import pytest

from approvals.models import AuditEvent, UserFlow
from tests.commands.running import refusal, run

pytestmark = pytest.mark.django_db

NEEDED = ("--name", "Partner portal", "--redirect-url", "https://app.contoso.example/")


def test_it_creates_a_flow_and_says_so_in_the_audit_trail() -> None:
    assert "partners" in run("create_user_flow", "partners", *NEEDED)
    flow = UserFlow.objects.get(slug="partners")
    assert (flow.name, flow.redirect_url, flow.provisioning) == (
        "Partner portal",
        "https://app.contoso.example/",
        "graph",
    )
    assert not flow.is_default
    assert [event.action for event in AuditEvent.objects.filter(flow=flow)] == ["flow.created"]


def test_it_takes_every_choice() -> None:
    choices = ("--provisioning", "on_return", "--invitation-mail", "entra", "--language", "de", "--default")
    groups = ("--group", "6d0f8a5e-0000-4000-8000-000000000001", "--group", "6d0f8a5e-0000-4000-8000-000000000002")
    run(
        "create_user_flow",
        "partners",
        *NEEDED,
        *choices,
        *groups,
        "--contact",
        "a@b.example",
        "--reapply-after-days",
        "30",
    )
    flow = UserFlow.objects.get()
    assert (flow.provisioning, flow.invitation_mail, flow.language) == ("on_return", "entra", "de")
    assert flow.group_ids == list(groups[1::2])
    assert (flow.is_default, flow.contact, flow.reapply_after_days) == (True, "a@b.example", 30)


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (("partners", "--name", "P"), "--redirect-url"),
        (("partners", "--name", "P", "--redirect-url", "nowhere"), "redirect_url"),
        (("two words", *NEEDED), "slug"),
        (("partners", *NEEDED, "--language", "tlh"), "--language"),
        (("partners", *NEEDED, "--reapply-after-days", "-1"), "reapply_after_days"),
        (("partners", *NEEDED, "--reapply-after-days", "soon"), "--reapply-after-days"),
    ],
)
def test_it_refuses_what_cannot_be_a_flow(argv: tuple[str, ...], word: str) -> None:
    assert word in refusal("create_user_flow", *argv)
    assert not UserFlow.objects.exists()


def test_it_refuses_a_slug_that_is_taken(flow: UserFlow) -> None:
    assert "slug" in refusal("create_user_flow", flow.slug, *NEEDED)


def test_it_refuses_a_second_default_flow(flow: UserFlow) -> None:
    assert "default" in refusal("create_user_flow", "suppliers", *NEEDED, "--default")
    assert list(UserFlow.objects.all()) == [flow]
