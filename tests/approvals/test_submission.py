"""Recording sign-ups: who counts as the same person, and what becomes of what they send."""

from __future__ import annotations

import json
from datetime import timedelta

import time_machine
from django.utils import timezone

from accounts.models import User
from approvals import workflow
from approvals.models import SignUpRequest, UserFlow
from approvals.workflow.submission import Kind
from tests.factories import make_applicant, make_flow, make_identity, make_request


def kinds(flow: UserFlow, applicant) -> tuple[Kind, Kind]:
    """What check status and then submit say."""
    return workflow.check_status(flow, applicant).kind, workflow.submit(flow, applicant).kind


def test_the_same_person_has_one_request(flow: UserFlow) -> None:
    first = workflow.submit(flow, make_applicant("John.Smith@Fabrikam.example"))
    second = workflow.submit(flow, make_applicant(" john.smith@fabrikam.EXAMPLE "))
    assert (first.kind, second.kind) == (Kind.RECORDED, Kind.WAITING)
    assert first.request == second.request
    assert SignUpRequest.objects.count() == 1


def test_the_same_address_with_another_identity_is_another_person(flow: UserFlow) -> None:
    people = [
        make_applicant(),
        make_applicant(identities=(make_identity("google.com", "1"),)),
        make_applicant(identities=(make_identity("google.com", "2"),)),
        make_applicant(identities=(make_identity("facebook.com", "1"),)),
    ]
    assert [workflow.submit(flow, person).kind for person in people] == [Kind.RECORDED] * 4


def test_an_identity_is_known_by_either_name_of_its_issuer(flow: UserFlow) -> None:
    workflow.submit(flow, make_applicant(identities=(make_identity("google.com"),)))
    again = make_applicant("new.address@fabrikam.example", identities=(make_identity("Google"),))
    assert workflow.submit(flow, again).kind is Kind.WAITING


def test_plus_tags_and_dots_tell_people_apart(flow: UserFlow) -> None:
    addresses = ["a.b@gmail.example", "ab@gmail.example", "ab+x@gmail.example"]
    assert [workflow.submit(flow, make_applicant(email)).kind for email in addresses] == [Kind.RECORDED] * 3


def test_flows_are_apart(flow: UserFlow) -> None:
    make_request(flow)
    assert workflow.submit(make_flow("suppliers"), make_applicant()).kind is Kind.RECORDED


def test_changed_answers_are_kept_beside_the_earlier_ones(flow: UserFlow) -> None:
    make_request(flow, jobTitle="Engineer")
    workflow.submit(flow, make_applicant(jobTitle="Director"))
    request = SignUpRequest.objects.get()
    assert request.attributes["jobTitle"] == "Director"
    assert [json.loads(old["received"])["jobTitle"] for old in request.earlier_answers] == ["Engineer"]
    assert request.events.filter(action="request.answers_changed").count() == 1


def test_a_repeated_call_changes_nothing(flow: UserFlow) -> None:
    before = make_request(flow)
    workflow.submit(flow, make_applicant())
    after = SignUpRequest.objects.get()
    assert (after.version, after.events.count(), after.earlier_answers) == (before.version, 1, [])


def test_answers_after_a_decision_change_nothing(flow: UserFlow, settings) -> None:
    settings.DECISION_HOLD_SECONDS = 3600
    request = make_request(flow, status="approved", jobTitle="Engineer")
    workflow.submit(flow, make_applicant(jobTitle="Director"))
    request.refresh_from_db()
    assert request.attributes["jobTitle"] == "Engineer"


def test_nobody_hears_of_a_decision_that_can_be_undone(flow: UserFlow, settings) -> None:
    settings.DECISION_HOLD_SECONDS = 30
    make_request(flow, status="denied")
    assert kinds(flow, make_applicant()) == (Kind.WAITING, Kind.WAITING)
    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        assert kinds(flow, make_applicant()) == (Kind.DENIED, Kind.DENIED)


def test_a_denied_person_asks_again_when_the_flow_lets_them(flow: UserFlow) -> None:
    denied = make_request(flow, status="denied")
    assert kinds(flow, make_applicant()) == (Kind.DENIED, Kind.DENIED)
    flow.reapply_after_days = 7
    flow.save()
    assert kinds(flow, make_applicant()) == (Kind.DENIED, Kind.DENIED)
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        assert kinds(flow, make_applicant()) == (Kind.NEW, Kind.RECORDED)
    assert SignUpRequest.objects.latest("submitted_at").previous == denied


def test_a_guest_who_was_deleted_asks_anew(flow: UserFlow) -> None:
    first = make_request(flow, status="provisioned")
    assert kinds(flow, make_applicant()) == (Kind.NEW, Kind.RECORDED)
    assert SignUpRequest.objects.exclude(pk=first.pk).get().previous == first


def test_an_approved_person_continues_on_return(flow: UserFlow, anna: User) -> None:
    UserFlow.objects.update(provisioning="on_return")
    flow.refresh_from_db()
    request = make_request(flow, status="approved", by=anna)
    assert kinds(flow, make_applicant()) == (Kind.MAY_CONTINUE, Kind.MAY_CONTINUE)
    request.refresh_from_db()
    assert (request.delivery.state, request.closed_at is not None) == ("done", True)
    assert kinds(flow, make_applicant()) == (Kind.MAY_CONTINUE, Kind.MAY_CONTINUE)
    assert request.events.filter(action="delivery.returned").count() == 2


def test_a_held_approval_on_return_does_not_continue(flow: UserFlow, anna: User, settings) -> None:
    settings.DECISION_HOLD_SECONDS = 30
    UserFlow.objects.update(provisioning="on_return")
    flow.refresh_from_db()
    make_request(flow, status="approved", by=anna)
    assert kinds(flow, make_applicant()) == (Kind.WAITING, Kind.WAITING)
