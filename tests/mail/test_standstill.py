"""No guest can be made until an administrator mends something: who is told, and how often."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from approvals import workflow
from approvals.models import Action, AuditEvent, Delivery, OutboxEntry, UserFlow
from tests.factories import make_request
from tests.mail.delivering import deliver_mail, discard_mail
from tests.mail.smtp_server import MailServer

pytestmark = pytest.mark.django_db

WHY = "The client secret has expired. Make a new one."


def stand_still(flow: UserFlow, *emails: str, code: str = "secret_expired") -> list[Delivery]:
    """Approved requests that find out, one after another, that no guest can be made."""
    deliveries = []
    for email in emails:
        request = make_request(flow, email=email)
        workflow.approve(request.pk, actor=None)
        workflow.record_standstill(request.pk, code=code, explanation=WHY, next_try_at=None)
        deliveries.append(Delivery.objects.get(pk=request.pk))
    OutboxEntry.objects.filter(kind="request.announce").update(state=OutboxEntry.State.CANCELLED)
    return deliveries


def test_it_tells_each_administrator_once_however_many_wait(
    flow: UserFlow, anna: User, admin: User, mail_server: MailServer
) -> None:
    deliveries = stand_still(flow, "one@fabrikam.example", "two@fabrikam.example", "three@fabrikam.example")
    deliver_mail()

    [message] = mail_server.messages
    assert str(message["To"]) == admin.email
    assert "References" not in message
    body = message.get_body(("plain",))
    assert body is not None
    assert WHY in body.get_content()
    assert "fabrikam.example" not in body.get_content()
    assert {delivery.explanation for delivery in deliveries} == {
        f"Waiting for the tenant. {WHY} Foyer goes on by itself afterwards."
    }
    [event] = AuditEvent.objects.filter(action=Action.MAIL_SENT)
    assert event.data == {"mail": "standstill", "user": admin.pk, "code": "secret_expired"}


def test_it_tells_the_reviewers_where_there_is_no_administrator(
    flow: UserFlow, anna: User, ben: User, stranger: User, mail_server: MailServer
) -> None:
    stand_still(flow, "one@fabrikam.example")
    deliver_mail()

    assert sorted(str(message["To"]) for message in mail_server.messages) == [anna.email, ben.email]


@pytest.mark.parametrize("change", [{"notify": False}, {"is_active": False}])
def test_it_leaves_those_alone_who_do_not_want_to_know_any_more(
    flow: UserFlow, admin: User, mail_server: MailServer, change: dict[str, bool]
) -> None:
    stand_still(flow, "one@fabrikam.example")
    User.objects.filter(pk=admin.pk).update(**change)
    deliver_mail()

    assert mail_server.messages == []


def test_it_tells_of_another_cause_and_again_the_next_day(flow: UserFlow, admin: User, mail_server: MailServer) -> None:
    stand_still(flow, "one@fabrikam.example")
    stand_still(flow, "two@fabrikam.example", code="permission_missing")
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        stand_still(flow, "three@fabrikam.example")
        deliver_mail()

    assert len(mail_server.messages) == 3


def test_it_tells_nobody_when_the_delivery_has_ended(flow: UserFlow, admin: User, mail_server: MailServer) -> None:
    request = make_request(flow)
    workflow.approve(request.pk, actor=None)
    workflow.record_failed(request.pk, code="x", explanation="Broken.")
    discard_mail()

    workflow.record_standstill(request.pk, code="secret_expired", explanation=WHY, next_try_at=None)
    deliver_mail()

    assert mail_server.messages == []
    assert Delivery.objects.get(pk=request.pk).explanation == "Broken."
