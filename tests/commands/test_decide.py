"""Deciding from the command line."""

from __future__ import annotations

import pytest

from accounts.models import User
from approvals.models import OutboxEntry, SignUpRequest, UserFlow
from tests.commands.running import refusal, run
from tests.factories import make_request


@pytest.fixture
def request_(flow: UserFlow) -> SignUpRequest:
    """A request that waits."""
    return make_request(flow)


def test_it_approves_in_the_reviewers_name(request_: SignUpRequest, anna: User) -> None:
    assert run("decide", request_.reference, "approve", "--by", "anna", "--note", "Known.") == (
        f"{request_.reference} approved\n"
    )
    request_.refresh_from_db()
    assert (request_.status, request_.decided_by, request_.note) == ("approved", anna, "Known.")
    assert _queued(request_, "guest.provision") == 1


def test_it_denies_with_a_reason_for_the_applicant_and_a_note_for_reviewers(
    request_: SignUpRequest, anna: User
) -> None:
    run("decide", request_.reference, "deny", "--by", "anna", "--reason", "No contract.", "--note", "Asked sales.")
    request_.refresh_from_db()
    assert (request_.status, request_.reason, request_.note) == ("denied", "No contract.", "Asked sales.")
    assert _queued(request_, "mail.denied") == 1


def test_it_denies_in_silence(request_: SignUpRequest, anna: User) -> None:
    run("decide", request_.reference, "deny", "--by", "anna", "--silent")
    assert _queued(request_, "mail.denied") == 0


def test_it_keeps_the_reason_of_an_approval_as_a_note(request_: SignUpRequest, anna: User) -> None:
    run("decide", request_.reference, "approve", "--by", "anna", "--reason", "Contract 7.", "--note", "Checked.")
    request_.refresh_from_db()
    assert (request_.reason, request_.note) == ("", "Contract 7.\nChecked.")


def test_it_takes_a_reference_as_people_type_it(request_: SignUpRequest, anna: User) -> None:
    run("decide", request_.reference.replace("-", "").lower(), "approve", "--by", "anna")
    request_.refresh_from_db()
    assert request_.status == "approved"


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("approve", "--by", "stranger"), "You do not review this user flow."),
        (("approve", "--by", "nobody"), "nobody with the user name"),
        (("approve",), "--by"),
        (("ponder", "--by", "anna"), "ponder"),
        (("approve", "--by", "anna", "--silent"), "--silent"),
        (("deny", "--by", "anna", "--reason", "x" * 2001), "too long"),
        (("deny", "--by", "anna", "--reason", "\udcff"), "UTF-8"),
    ],
)
def test_it_refuses_and_changes_nothing(
    request_: SignUpRequest, anna: User, stranger: User, argv: tuple[str, ...], words: str
) -> None:
    assert words in refusal("decide", request_.reference, *argv)
    request_.refresh_from_db()
    assert request_.status == "pending"


def test_it_refuses_in_the_name_of_somebody_who_left(request_: SignUpRequest, anna: User) -> None:
    anna.is_active = False
    anna.save(update_fields=["is_active"])
    assert "You do not review" in refusal("decide", request_.reference, "approve", "--by", "anna")


def test_it_refuses_the_second_decision(request_: SignUpRequest, anna: User, ben: User) -> None:
    run("decide", request_.reference, "deny", "--by", "ben")
    assert "already been decided" in refusal("decide", request_.reference, "approve", "--by", "anna")
    request_.refresh_from_db()
    assert (request_.status, request_.decided_by) == ("denied", ben)


def test_it_refuses_a_reference_that_nobody_has(anna: User) -> None:
    assert "no request “K7Q-4MD9”" in refusal("decide", "K7Q-4MD9", "approve", "--by", "anna")


def _queued(request: SignUpRequest, kind: str) -> int:
    return OutboxEntry.objects.queued().filter(request=request, kind=kind).count()
