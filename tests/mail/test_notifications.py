"""Who is written when: once each, and only as long as there is a reason."""

from __future__ import annotations

import pytest
from django.utils import timezone

from accounts.models import User
from approvals import notifications, outbox, workflow
from approvals.models import Action, Delivery, OutboxEntry, SignUpRequest, UserFlow
from approvals.outbox import Done
from tests.factories import make_flow, make_request, make_user
from tests.mail.delivering import approve, deliver_mail, discard_mail, mail_events
from tests.mail.smtp_server import MailServer

pytestmark = pytest.mark.django_db


def subjects(server: MailServer) -> list[tuple[str, str]]:
    """To whom what was sent, sorted."""
    return sorted((str(message["To"]), str(message["Subject"])) for message in server.messages)


def test_it_tells_the_applicant_and_every_reviewer_of_the_flow(
    flow: UserFlow, anna: User, ben: User, stranger: User, admin: User, mail_server: MailServer
) -> None:
    other_flow = make_flow("others")
    make_user("carla", flows=(other_flow,))
    request = make_request(flow)
    deliver_mail()
    waiting = f"Waiting for your decision: John Smith, Partners ({request.reference})"
    assert subjects(mail_server) == [
        ("anna@contoso.example", waiting),
        ("ben@contoso.example", waiting),
        ("john.smith@fabrikam.example", "Partners: your request was received"),
    ]
    assert {str(event) for event in mail_events(request)} == {
        str({"mail": "received"}),
        str({"mail": "waiting", "user": anna.pk}),
        str({"mail": "waiting", "user": ben.pk}),
    }


def test_it_writes_once_however_often_the_request_is_announced(
    flow: UserFlow, anna: User, mail_server: MailServer
) -> None:
    make_request(flow)
    deliver_mail()
    announced = OutboxEntry.objects.select_related("request__flow").get(kind="request.announce")
    notifications.announce(announced)
    deliver_mail()
    assert len(mail_server.messages) == 2


@pytest.mark.parametrize("change", [{"notify": False}, {"is_active": False}, {"email": ""}])
def test_it_leaves_reviewers_alone_who_want_or_can_have_no_mail(
    flow: UserFlow, anna: User, ben: User, mail_server: MailServer, change
) -> None:
    User.objects.filter(pk=anna.pk).update(**change)
    make_request(flow)
    deliver_mail()
    assert [to for to, _subject in subjects(mail_server)] == ["ben@contoso.example", "john.smith@fabrikam.example"]


def test_it_announces_nothing_that_is_decided_already(flow: UserFlow, anna: User, mail_server: MailServer) -> None:
    request = make_request(flow)
    workflow.deny(request.pk, actor=anna, tell_applicant=False)
    deliver_mail()
    assert mail_server.messages == []


def announce_only(flow: UserFlow) -> SignUpRequest:
    """A request whose mails are queued and not sent."""
    request = make_request(flow)
    notifications.announce(OutboxEntry.objects.select_related("request__flow").get(kind="request.announce"))
    OutboxEntry.objects.filter(kind="request.announce").update(state=OutboxEntry.State.DONE)
    return request


def test_it_does_not_ask_for_a_decision_that_was_made_meanwhile(
    flow: UserFlow, anna: User, mail_server: MailServer
) -> None:
    request = announce_only(flow)
    workflow.deny(request.pk, actor=anna, tell_applicant=False)
    deliver_mail()
    assert mail_server.messages == []
    assert mail_events(request) == []
    assert not OutboxEntry.objects.queued().exists()


def test_it_still_confirms_while_the_decision_can_be_undone(
    flow: UserFlow, anna: User, mail_server: MailServer, settings
) -> None:
    settings.DECISION_HOLD_SECONDS = 30
    request = announce_only(flow)
    workflow.deny(request.pk, actor=anna)
    deliver_mail()
    assert subjects(mail_server) == [("john.smith@fabrikam.example", "Partners: your request was received")]


@pytest.mark.parametrize("deed", ["approve", "deny"])
def test_it_announces_a_request_whose_decision_is_undone_as_if_nothing_had_been(
    flow: UserFlow, anna: User, mail_server: MailServer, settings, deed: str
) -> None:
    settings.DECISION_HOLD_SECONDS = 3600
    request = make_request(flow)
    {"approve": workflow.approve, "deny": workflow.deny}[deed](request.pk, actor=anna)
    deliver_mail()
    workflow.undo(request.pk, actor=anna)
    OutboxEntry.objects.queued().update(due_at=timezone.now(), turn_at=timezone.now())
    deliver_mail()

    assert [to for to, _subject in subjects(mail_server)] == ["anna@contoso.example", "john.smith@fabrikam.example"]


def test_it_does_not_tell_reviewers_of_what_was_decided_for_good(
    flow: UserFlow, anna: User, mail_server: MailServer, settings
) -> None:
    settings.DECISION_HOLD_SECONDS = 3600
    request = make_request(flow)
    workflow.deny(request.pk, actor=anna, tell_applicant=False)
    deliver_mail()
    SignUpRequest.objects.update(effects_at=timezone.now())
    OutboxEntry.objects.queued().update(due_at=timezone.now(), turn_at=timezone.now())
    deliver_mail()

    assert "anna@contoso.example" not in [to for to, _subject in subjects(mail_server)]
    assert not OutboxEntry.objects.queued().exists()


def test_it_tells_no_one_who_does_not_review_any_more(flow: UserFlow, anna: User, mail_server: MailServer) -> None:
    announce_only(flow)
    flow.reviewers.clear()
    deliver_mail()
    assert [to for to, _subject in subjects(mail_server)] == ["john.smith@fabrikam.example"]


def test_it_tells_the_approved_once_their_guest_is_there(flow: UserFlow, mail_server: MailServer) -> None:
    request = make_request(flow)
    discard_mail()
    approve(request, made=Delivery.Made.INVITED, redeem_url="https://login.microsoftonline.com/redeem?rd=1")
    deliver_mail()
    workflow.record_provisioned(request.pk, guest_id="guest-1", made=Delivery.Made.INVITED)
    deliver_mail()
    assert subjects(mail_server) == [("john.smith@fabrikam.example", "Partners: your request was approved")]
    assert mail_events(request) == [{"mail": "approved"}]


def test_it_leaves_an_invitation_to_entra_where_entra_mails_it(flow: UserFlow, mail_server: MailServer) -> None:
    UserFlow.objects.update(invitation_mail=UserFlow.InvitationMail.ENTRA)
    request = make_request(flow)
    discard_mail()
    approve(request, made=Delivery.Made.INVITED, redeem_url="https://login.microsoftonline.com/redeem?rd=1")
    deliver_mail()
    assert mail_server.messages == []


def test_it_asks_the_approved_to_sign_up_again(flow: UserFlow, mail_server: MailServer) -> None:
    UserFlow.objects.update(provisioning=UserFlow.Provisioning.ON_RETURN)
    request = make_request(flow)
    discard_mail()
    workflow.approve(request.pk, actor=None)
    deliver_mail()
    assert subjects(mail_server) == [("john.smith@fabrikam.example", "Partners: your request was approved")]


def test_it_does_not_ask_somebody_to_sign_up_again_who_has(flow: UserFlow, mail_server: MailServer) -> None:
    UserFlow.objects.update(provisioning=UserFlow.Provisioning.ON_RETURN)
    flow.refresh_from_db()
    request = make_request(flow)
    discard_mail()
    workflow.approve(request.pk, actor=None)
    workflow.submit(flow, request.applicant)
    deliver_mail()
    assert mail_server.messages == []


def test_it_tells_the_denied_why(flow: UserFlow, mail_server: MailServer) -> None:
    request = make_request(flow)
    discard_mail()
    workflow.deny(request.pk, actor=None, reason="Only suppliers.", note="Smells of fraud")
    deliver_mail()
    assert subjects(mail_server) == [("john.smith@fabrikam.example", "Partners: your request was not approved")]
    assert b"Only suppliers." in mail_server.raw[0]
    assert b"fraud" not in mail_server.raw[0]


def test_it_says_nothing_when_the_reviewer_wants_it_so(flow: UserFlow, mail_server: MailServer) -> None:
    request = make_request(flow)
    discard_mail()
    workflow.deny(request.pk, actor=None, reason="Only suppliers.", tell_applicant=False)
    deliver_mail()
    assert mail_server.messages == []


def test_it_does_not_tell_of_a_decision_that_was_taken_back(flow: UserFlow, mail_server: MailServer) -> None:
    """The worker has the entry in its hands already when the request is opened again and decided anew."""
    request = make_request(flow)
    workflow.deny(request.pk, actor=None)
    first = OutboxEntry.objects.get(kind="mail.denied")
    workflow.reopen(request.pk, actor=None)
    workflow.deny(request.pk, actor=None)
    second = OutboxEntry.objects.exclude(pk=first.pk).get(kind="mail.denied")
    assert notifications.send_denied(first) is None
    assert mail_server.messages == []
    assert notifications.send_denied(second) == Done(Action.MAIL_SENT, {"mail": "denied"})
    assert len(mail_server.messages) == 1


def test_it_does_not_tell_of_an_approval_that_was_taken_back(flow: UserFlow, mail_server: MailServer) -> None:
    UserFlow.objects.update(provisioning=UserFlow.Provisioning.ON_RETURN)
    request = make_request(flow, status="approved")
    workflow.record_failed(request.pk, code="given_up", explanation="")
    workflow.reopen(request.pk, actor=None)
    workflow.deny(request.pk, actor=None)
    assert notifications.send_approved(OutboxEntry.objects.get(kind="mail.approved")) is None
    assert mail_server.messages == []


def test_it_notes_on_the_timeline_what_could_not_be_sent(flow: UserFlow, anna: User, mail_server: MailServer) -> None:
    mail_server.answers["RCPT"] = "550 5.1.1 No such user john.smith@fabrikam.example"
    request = make_request(flow)
    deliver_mail()
    refused = {
        "code": "recipient_refused",
        "explanation": "The mail server refused the recipient's address (SMTP 550).",
    }
    failed = mail_events(request, Action.MAIL_FAILED)
    assert {"mail": "received", **refused} in failed
    assert {"mail": "waiting", "user": anna.pk, **refused} in failed
    assert "fabrikam.example" not in str(failed)
    assert mail_events(request) == []


def test_it_comes_back_when_the_server_can_take_the_mail(flow: UserFlow, mail_server: MailServer) -> None:
    request = make_request(flow)
    discard_mail()
    workflow.deny(request.pk, actor=None)
    mail_server.answers["RCPT"] = "451 4.7.1 Greylisted"
    deliver_mail()
    entry = OutboxEntry.objects.get(kind="mail.denied")
    assert (entry.state, entry.code) == (OutboxEntry.State.QUEUED, "mail_server_451")
    mail_server.answers.clear()
    OutboxEntry.objects.filter(pk=entry.pk).update(due_at=entry.created_at)
    outbox.drain()
    assert len(mail_server.messages) == 1
    assert mail_events(request) == [{"mail": "denied"}]
    assert mail_events(request, Action.MAIL_FAILED) == []
