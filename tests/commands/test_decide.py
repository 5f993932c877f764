"""Deciding from the command line."""

from __future__ import annotations

import pytest
from pytest_django import Settings

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


def test_it_undoes_a_decision_before_it_takes_effect(flow: UserFlow, anna: User, settings: Settings) -> None:
    settings.DECISION_HOLD_SECONDS = 600
    request = make_request(flow, status="denied", by=anna)
    assert run("decide", request.reference, "undo", "--by", "anna") == f"{request.reference} pending\n"
    assert _did(request) == ("pending", "request.undone", anna)


def test_it_opens_a_denied_request_again(flow: UserFlow, anna: User) -> None:
    request = make_request(flow, status="denied", by=anna)
    assert run("decide", request.reference, "reopen", "--by", "anna") == f"{request.reference} pending\n"
    assert _did(request) == ("pending", "request.reopened", anna)


def test_it_tries_a_failed_delivery_again(flow: UserFlow, anna: User) -> None:
    request = make_request(flow, status="failed", by=anna)
    assert run("decide", request.reference, "retry", "--by", "anna") == f"{request.reference} approved\n"
    assert _did(request) == ("approved", "delivery.retried", anna)
    assert request.delivery.state == "queued"


@pytest.mark.parametrize("verb", ["undo", "reopen", "retry"])
@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (("--by", "anna"), "here"),
        (("--by", "stranger"), "You do not review this user flow."),
        (("--by", "anna", "--reason", "A slip."), "--reason goes with approve or deny"),
        (("--by", "anna", "--note", "A slip."), "--note goes with approve or deny"),
        (("--by", "anna", "--silent"), "--silent goes with approve or deny"),
    ],
)
def test_it_refuses_to_go_back_on_nothing(
    request_: SignUpRequest, anna: User, stranger: User, verb: str, argv: tuple[str, ...], words: str
) -> None:
    nothing = {"undo": "no decision", "reopen": "cannot be opened again", "retry": "no failed delivery"}
    refused = refusal("decide", request_.reference, verb, *argv)
    assert (nothing[verb] if words == "here" else words) in refused
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


def _did(request: SignUpRequest) -> tuple[str, str, User | None]:
    """The request's status, and its newest audit event with who did it."""
    request.refresh_from_db()
    event = request.events.latest("pk")
    return request.status, event.action, event.actor
