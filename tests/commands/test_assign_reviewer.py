"""Who reviews a flow, changed from the command line."""

from __future__ import annotations

import pytest

from accounts.models import User
from approvals.models import AuditEvent, UserFlow
from tests.commands.running import refusal, run

ASSIGN = ("assign_reviewer", "stranger", "--flow", "partners")


def test_it_gives_a_flow_one_reviewer_more(flow: UserFlow, anna: User, stranger: User) -> None:
    assert run(*ASSIGN) == "“stranger” is a reviewer of “partners”.\n"
    assert flow.is_reviewed_by(stranger)
    assert flow.is_reviewed_by(anna)
    assert _changes(flow) == [{"reviewers_added": ["stranger"]}]


def test_it_takes_a_reviewer_off_a_flow(flow: UserFlow, anna: User, ben: User) -> None:
    said = run("assign_reviewer", "anna", "--flow", "partners", "--remove")
    assert said == "“anna” is no reviewer of “partners”.\n"
    assert not flow.is_reviewed_by(anna)
    assert flow.is_reviewed_by(ben)
    assert _changes(flow) == [{"reviewers_removed": ["anna"]}]


def test_it_changes_nothing_the_second_time(flow: UserFlow, stranger: User) -> None:
    assert run(*ASSIGN) == run(*ASSIGN)
    assert len(_changes(flow)) == 1
    assert run(*ASSIGN, "--remove") == run(*ASSIGN, "--remove")
    assert len(_changes(flow)) == 2


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("nobody", "--flow", "partners"), "nobody with the user name “nobody”"),
        (("stranger", "--flow", "lost"), "no user flow “lost”"),
        (("stranger",), "--flow"),
    ],
)
def test_it_refuses_whom_or_what_it_does_not_know(
    flow: UserFlow, stranger: User, argv: tuple[str, ...], words: str
) -> None:
    assert words in refusal("assign_reviewer", *argv)
    assert _changes(flow) == []


def test_it_refuses_somebody_who_left_but_takes_them_off(flow: UserFlow, anna: User, stranger: User) -> None:
    User.objects.update(is_active=False)
    assert "“stranger” is not active" in refusal(*ASSIGN)
    run("assign_reviewer", "anna", "--flow", "partners", "--remove")
    assert _changes(flow) == [{"reviewers_removed": ["anna"]}]


def _changes(flow: UserFlow) -> list[dict[str, list[str]]]:
    return list(AuditEvent.objects.filter(action="flow.changed", flow=flow).values_list("data", flat=True))
