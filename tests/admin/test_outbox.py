"""Trying again, on the administration pages, what was given up."""

from __future__ import annotations

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from accounts.models import User
from approvals import outbox
from approvals.models import AuditEvent, Delivery, OutboxEntry, UserFlow
from tests.admin.pages import run_action
from tests.factories import make_request

OUTBOX = "approvals_outboxentry"


def _given_up(flow: UserFlow, kind: str, status: str = "denied") -> OutboxEntry:
    """An entry that was given up three days ago."""
    entry = OutboxEntry.objects.get(request=make_request(flow, status=status), kind=kind)
    then = timezone.now() - timedelta(days=4)
    parked = {"state": "parked", "attempts": 30, "code": "smtp_away", "begun_at": then, "ended_at": then}
    OutboxEntry.objects.filter(pk=entry.pk).update(**parked)
    entry.refresh_from_db()
    return entry


def test_it_puts_an_entry_back_to_work_with_new_patience(flow: UserFlow) -> None:
    entry = _given_up(flow, "mail.denied")
    assert outbox.retry(entry.pk)
    entry.refresh_from_db()
    assert (entry.state, entry.attempts, entry.code, entry.ended_at) == ("queued", 0, "", None)
    assert entry.begun_at is None
    assert entry in OutboxEntry.objects.due(timezone.now())


def test_it_leaves_alone_what_was_not_given_up(flow: UserFlow) -> None:
    entry = OutboxEntry.objects.get(request=make_request(flow))
    assert not outbox.retry(entry.pk)
    before = entry.due_at
    entry.refresh_from_db()
    assert entry.due_at == before


def test_it_tries_mail_again_from_the_page(pages: Client, flow: UserFlow) -> None:
    entry = _given_up(flow, "mail.denied")
    assert "is tried again now." in run_action(pages, OUTBOX, "try_again", entry)[0]
    entry.refresh_from_db()
    assert entry.state == "queued"
    assert "was not given up." in run_action(pages, OUTBOX, "try_again", entry)[0]


def test_it_tries_a_delivery_again_by_its_own_verb(pages: Client, admin: User, flow: UserFlow) -> None:
    entry = _given_up(flow, "guest.provision", status="failed")
    run_action(pages, OUTBOX, "try_again", entry)
    assert Delivery.objects.get(request=entry.request_id).state == "queued"
    assert AuditEvent.objects.get(action="delivery.retried").actor == admin
    assert OutboxEntry.objects.queued().filter(request=entry.request_id, kind="guest.provision").count() == 1
    assert "no failed delivery" in run_action(pages, OUTBOX, "try_again", entry)[0]
