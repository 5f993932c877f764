"""What a look found is kept once, and asked for anew no more often than is decent."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from approvals import notifications, outbox, workflow
from approvals.errors import LookedJustNow, NotAllowed, NothingToForesee
from approvals.models import Forecast, OutboxEntry, SignUpRequest, UserFlow
from tests.factories import make_request

HOUR = timedelta(hours=1)


def keep(request: SignUpRequest, code: str = "will_invite", *, ago: timedelta = HOUR, **facts: object) -> bool:
    return workflow.record_forecast(request.pk, code=code, facts=facts, at=timezone.now() - ago)


def looks(request: SignUpRequest) -> list[OutboxEntry]:
    return list(OutboxEntry.objects.filter(request=request, kind="tenant.look").order_by("created_at"))


def announce(request: SignUpRequest) -> None:
    entry = OutboxEntry.objects.select_related("request__flow").get(request=request, kind="request.announce")
    notifications.announce(entry)


def test_it_keeps_the_latest_look(flow: UserFlow) -> None:
    request = make_request(flow)

    assert keep(request, "will_invite")
    assert keep(request, "already_guest", ago=HOUR / 2, guest_id="4711")
    assert not keep(request, "unknown", ago=2 * HOUR)

    [kept] = Forecast.objects.all()
    assert (kept.code, kept.facts) == ("already_guest", {"guest_id": "4711"})


def test_it_keeps_the_same_the_second_time(flow: UserFlow) -> None:
    request, at = make_request(flow), timezone.now()

    for _time in range(2):
        assert workflow.record_forecast(request.pk, code="will_invite", facts={}, at=at)

    assert Forecast.objects.values_list("code", "at").get() == ("will_invite", at)


@pytest.mark.parametrize("status", ["approved", "denied", "provisioned"])
def test_it_keeps_nothing_of_a_decided_request(flow: UserFlow, status: str) -> None:
    request = make_request(flow, status=status)

    assert not keep(request)
    assert not Forecast.objects.exists()


def test_it_looks_once_when_a_request_comes_in(flow: UserFlow) -> None:
    request = make_request(flow)

    for _time in range(2):
        announce(request)

    assert [entry.state for entry in looks(request)] == ["queued"]


def test_looks_at_many_newcomers_stand_behind_whoever_comes_later(flow: UserFlow, anna: User) -> None:
    many = [make_request(flow, email=f"{number}@fabrikam.example") for number in range(20)]
    for request in many:
        announce(request)
    OutboxEntry.objects.exclude(kind="tenant.look").delete()

    approved = make_request(flow, email="approved@fabrikam.example", status="approved", by=anna)

    OutboxEntry.objects.filter(kind="request.announce").delete()
    ahead = []
    while (entry := outbox.claim()) is not None and entry.kind == "tenant.look":
        ahead.append(entry)
        OutboxEntry.objects.filter(pk=entry.pk).update(state="done")
    assert entry is not None
    assert (entry.kind, entry.request) == ("guest.provision", approved)
    assert len(ahead) <= 3


def test_no_more_than_two_looks_are_in_hand(flow: UserFlow) -> None:
    for number in range(4):
        announce(make_request(flow, email=f"{number}@fabrikam.example"))
    OutboxEntry.objects.exclude(kind="tenant.look").delete()

    claimed = [outbox.claim() for _time in range(3)]

    assert [entry is not None for entry in claimed] == [True, True, False]


def test_it_looks_again_when_it_is_asked(flow: UserFlow, anna: User) -> None:
    request = make_request(flow)
    keep(request)

    workflow.look_again(request.pk, actor=anna)

    [entry] = looks(request)
    assert entry.source == f"user:{anna.pk}"
    assert Forecast.objects.get().asked_at is not None
    assert Forecast.objects.get().code == "will_invite"


def test_it_can_be_asked_before_anybody_has_looked(flow: UserFlow, anna: User) -> None:
    request = make_request(flow)

    workflow.look_again(request.pk, actor=anna)
    announce(request)

    assert Forecast.objects.get().code == ""
    assert keep(request, ago=timedelta())
    assert Forecast.objects.get().code == "will_invite"


@pytest.mark.parametrize("known", [None, timedelta(seconds=29)])
def test_it_does_not_look_twice_within_half_a_minute(flow: UserFlow, anna: User, known: timedelta | None) -> None:
    request = make_request(flow)
    if known is None:
        workflow.look_again(request.pk, actor=anna)
    else:
        keep(request, ago=known)
    before = len(looks(request))

    with pytest.raises(LookedJustNow):
        workflow.look_again(request.pk, actor=anna)

    assert len(looks(request)) == before
    with time_machine.travel(timezone.now() + timedelta(seconds=31)):
        workflow.look_again(request.pk, actor=anna)


def test_there_is_one_look_queued_however_often_it_is_asked(flow: UserFlow, anna: User) -> None:
    request, now = make_request(flow), timezone.now()
    announce(request)
    later = now + timedelta(hours=1)
    OutboxEntry.objects.filter(kind="tenant.look").update(due_at=later, turn_at=later, attempts=5)

    for minute in range(3):
        with time_machine.travel(now + timedelta(minutes=minute), tick=False):
            workflow.look_again(request.pk, actor=anna)

    [entry] = looks(request)
    assert entry.due_at == entry.turn_at == now + timedelta(minutes=2)


def test_it_leaves_a_look_that_is_in_hand_alone(flow: UserFlow, anna: User) -> None:
    request = make_request(flow)
    announce(request)
    OutboxEntry.objects.exclude(kind="tenant.look").delete()
    held = outbox.claim()
    assert held is not None

    workflow.look_again(request.pk, actor=anna)

    [entry] = looks(request)
    assert (entry.lease, entry.due_at) == (held.lease, held.due_at)


def test_it_looks_at_a_request_that_is_opened_again(flow: UserFlow, anna: User) -> None:
    request = make_request(flow)
    keep(request, "deleted_guest_blocks")
    workflow.deny(request.pk, actor=anna, tell_applicant=False)

    workflow.reopen(request.pk, actor=anna)

    assert [entry.state for entry in looks(request)] == ["queued"]
    assert Forecast.objects.get().asked_at is not None


def test_it_refuses_strangers_and_decided_requests(flow: UserFlow, anna: User, stranger: User) -> None:
    pending = make_request(flow)
    denied = make_request(flow, email="denied@fabrikam.example", status="denied")

    with pytest.raises(NotAllowed):
        workflow.look_again(pending.pk, actor=stranger)
    with pytest.raises(NothingToForesee):
        workflow.look_again(denied.pk, actor=anna)

    assert looks(pending) == looks(denied) == []


def test_keeping_costs_a_fixed_number_of_statements(
    flow: UserFlow, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    request = make_request(flow)
    keep(request)
    # Two of them are the savepoint of the test's own transaction.
    with django_assert_max_num_queries(4):
        keep(request, ago=timedelta())
