"""Draining the outbox from the command line."""

from __future__ import annotations

import pytest
from django.core import mail

from approvals import outbox
from approvals.models import OutboxEntry, UserFlow
from tests.commands.running import refusal, run
from tests.factories import make_request


def test_it_says_how_much_it_did(flow: UserFlow) -> None:
    request = make_request(flow)
    said = run("drain_outbox", "--all")
    worked = OutboxEntry.objects.exclude(state="queued").count()
    assert worked > 0
    assert said == f"{worked} worked on.\n"
    assert OutboxEntry.objects.get(request=request, kind="request.announce").state == "done"
    assert [message.to for message in mail.outbox] == [[request.email]]
    assert run("drain_outbox") == "0 worked on.\n"


def test_it_stops_at_the_limit(flow: UserFlow) -> None:
    for name in "abc":
        make_request(flow, email=f"{name}@x.example")
    assert run("drain_outbox", "--limit", "2") == "2 worked on.\n"
    assert OutboxEntry.objects.filter(kind="request.announce", state="done").count() == 2


def test_it_leaves_what_is_held(flow: UserFlow) -> None:
    outbox.enqueue("request.announce", request=make_request(flow), delay=3600)
    run("drain_outbox", "--all")
    assert OutboxEntry.objects.queued().count() == 1


@pytest.mark.parametrize("argv", [("--limit", "0"), ("--limit", "few"), ("--limit", "3", "--all")])
def test_it_refuses_an_amount_that_means_nothing(db: None, argv: tuple[str, ...]) -> None:
    assert "--limit" in refusal("drain_outbox", *argv)
