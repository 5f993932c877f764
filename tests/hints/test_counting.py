"""What is known of mail domains: counted once for each request, whatever happens twice or at once."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pytest
from django.apps import apps

from approvals import workflow
from approvals.errors import Later
from approvals.hints import counting, history
from approvals.hints.examining import examine
from approvals.hints.partners import forget, known_partners
from approvals.models import CountedRequest, EarlierRequestsCounted, MailDomain, OutboxEntry, SignUpRequest, UserFlow
from tests.concurrency.at_once import at_once
from tests.factories import make_applicant, make_flow, make_request
from tests.hints.making import drain, make_examined, submitted


def counts(domain: str = "fabrikam.example") -> tuple[int, int]:
    """Requests and people let in, of all flows."""
    rows = MailDomain.objects.filter(domain=domain)
    return sum(row.requests for row in rows), sum(row.approved for row in rows)


@pytest.fixture
def on_return(flow: UserFlow) -> UserFlow:
    """A flow whose guests Entra makes."""
    return make_flow("returning", provisioning="on_return")


def test_it_counts_each_request_once(flow) -> None:
    one = make_examined(flow)
    other = make_examined(flow, "maria@FABRIKAM.example")
    for request in (one, other, one):
        examine(request.pk)
    row = MailDomain.objects.get()
    assert (row.flow, row.domain, row.requests, row.approved) == (flow, "fabrikam.example", 2, 0)
    assert (row.first_request_at, row.last_request_at) == (one.submitted_at, other.submitted_at)


def test_it_counts_each_flow_for_itself_and_idn_in_punycode(flow) -> None:
    make_examined(flow, "a@münchen-bau.de")
    make_examined(flow, "b@xn--mnchen-bau-9db.de")
    make_examined(make_flow("suppliers"), "a@münchen-bau.de")
    assert sorted(MailDomain.objects.values_list("domain", "requests")) == [
        ("xn--mnchen-bau-9db.de", 1),
        ("xn--mnchen-bau-9db.de", 2),
    ]


def test_it_remembers_the_first_whatever_the_order_in_which_they_are_examined(flow) -> None:
    late, early = make_request(flow), submitted(make_request(flow, email="m@fabrikam.example"), days_ago=3)
    counting.count([late])
    counting.count([early])
    row = MailDomain.objects.get()
    assert (row.first_request_at, row.last_request_at) == (early.submitted_at, late.submitted_at)


def test_it_counts_whom_a_delivery_let_in(flow) -> None:
    request = make_examined(flow, status="provisioned")
    assert counts() == (1, 1)
    OutboxEntry.objects.filter(request=request, kind="request.let_in").update(state="queued")
    drain()
    assert counts() == (1, 1)


@pytest.mark.parametrize("status", ["pending", "approved", "failed", "denied"])
def test_it_counts_nobody_else_as_let_in(flow, status) -> None:
    request = make_request(flow, status=status)
    OutboxEntry.objects.filter(kind="guest.provision").delete()
    drain()
    counting.count([SignUpRequest.objects.get(pk=request.pk)])
    assert counts() == (1, 0)


def test_it_counts_whom_entra_let_in_when_they_signed_up_again(on_return) -> None:
    request = make_request(on_return, status="approved")
    workflow.submit(on_return, make_applicant(request.email))
    workflow.submit(on_return, make_applicant(request.email))
    assert OutboxEntry.objects.filter(kind="request.let_in").count() == 1
    drain()
    assert counts() == (1, 1)


def test_it_knows_partners_by_whom_it_let_in_and_by_the_list_but_no_mail_service(flow, partner_list) -> None:
    flow.partner_domains = partner_list
    flow.save(update_fields=["partner_domains"])
    for email in ("a@fabrikam.com", "b@gmail.com", "c@mailinator.com"):
        make_examined(flow, email, status="provisioned")
    make_examined(flow, "d@litware.com")
    make_examined(make_flow("suppliers"), "e@tailspin.com", status="provisioned")
    forget()
    assert known_partners(flow).sites == {"fabrikam.com", "contoso.co.uk", "woodgrove.example"}


class TestHistory:
    """Requests that are older than the counting."""

    @pytest.fixture
    def unfinished(self, flow: UserFlow) -> None:
        """What the migration leaves in a database with requests."""
        EarlierRequestsCounted.objects.create(pk=1)
        OutboxEntry.objects.create(kind="domains.count", once="domains.count")

    def test_it_counts_all_of_them_once(self, flow, unfinished, monkeypatch) -> None:
        monkeypatch.setattr(history, "BATCH", 2)
        for number in range(5):
            make_request(flow, email=f"{number}@fabrikam.example", status="provisioned" if number % 2 else "pending")
        counting.count(list(SignUpRequest.objects.all()[:3]))
        assert not history.is_finished()
        drain()
        assert history.is_finished()
        assert counts() == (5, 2)
        history.count_earlier()
        assert counts() == (5, 2)

    def test_it_stops_in_time_and_goes_on_where_it_was(self, flow, unfinished, monkeypatch) -> None:
        monkeypatch.setattr(history, "BATCH", 2)
        monkeypatch.setattr(history, "SECONDS", -1.0)
        for number in range(3):
            make_request(flow, email=f"{number}@fabrikam.example")
        with pytest.raises(Later) as later:
            history.count_earlier()
        assert (counts(), later.value.delay, later.value.counts) == ((2, 0), 0, False)
        with pytest.raises(Later):
            history.count_earlier()
        history.count_earlier()
        assert counts() == (3, 0)
        assert history.is_finished()

    @pytest.mark.parametrize("requests", [0, 2])
    def test_the_migration_leaves_work_where_there_are_requests(self, flow, requests) -> None:
        for number in range(requests):
            make_request(flow, email=f"{number}@fabrikam.example")
        migration = import_module("approvals.migrations.0007_mail_domains")
        for _again in range(2):
            migration.have_earlier_requests_counted(apps, None)
        assert OutboxEntry.objects.filter(kind="domains.count").count() == bool(requests)
        assert history.is_finished() == (not requests)
        drain()
        assert history.is_finished()
        migration.leave_them(apps, None)
        assert not OutboxEntry.objects.filter(kind="domains.count").exists()

    def test_it_is_finished_where_there_was_nothing(self, db) -> None:
        assert history.is_finished()
        history.count_earlier()
        assert not EarlierRequestsCounted.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Several workers on the same requests."""

    def test_it_counts_once_when_two_examine_the_same_request(self) -> None:
        request = make_request(make_flow())
        ended = at_once(8, lambda _number: examine(request.pk))
        assert [error for error in ended if error is not None and not isinstance(error, Later)] == []
        assert counts() == (1, 0)

    def test_it_loses_no_request_when_many_of_a_domain_are_examined(self) -> None:
        flow = make_flow()
        requests = [make_request(flow, email=f"{number}@fabrikam.example") for number in range(12)]
        assert at_once(12, lambda number: examine(requests[number].pk)) == [None] * 12
        assert counts() == (12, 0)
        assert CountedRequest.objects.count() == 12

    def test_it_counts_a_guest_once_beside_the_counting_of_history(self) -> None:
        request = make_request(make_flow(), status="provisioned")
        EarlierRequestsCounted.objects.create(pk=1)
        deeds: list[Callable[[], None]] = [
            history.count_earlier,
            lambda: examine(request.pk),
            lambda: counting.count_let_in(request),
        ]
        ended = at_once(6, lambda number: deeds[number % 3]())
        assert [error for error in ended if error is not None and not isinstance(error, Later)] == []
        assert counts() == (1, 1)


def test_it_says_nothing_of_a_request_that_is_gone(db) -> None:
    examine(OutboxEntry().pk)
    assert not MailDomain.objects.exists()
