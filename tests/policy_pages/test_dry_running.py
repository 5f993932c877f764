"""The dry run on a page: counts, disagreements with links, bounds, and nothing that the reader may not see."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from approvals.models import AuditEvent, PolicyEvaluation, SignUpRequest, UserFlow
from approvals.review.policy import dry_running
from tests.factories import make_flow, make_request
from tests.policy.making import domain, rule
from tests.policy_pages.conftest import at


@pytest.fixture
def asked(flow: UserFlow, anna: User, published) -> dict[str, SignUpRequest]:
    """Partners are approved, mallory refused; two people were decided otherwise."""
    published(rule("partners", "approve", domain("fabrikam.com")), rule("bad", "refuse", domain("mallory.example")))
    made = {
        "agreed": ("fabrikam.com", "approved"),
        "denied partner": ("fabrikam.com", "denied"),
        "approved mallory": ("mallory.example", "approved"),
        "waiting": ("fabrikam.com", "pending"),
        "left": ("else.example", "denied"),
    }
    return {
        name: make_request(flow, email=f"p{number}@{where}", status=status, by=anna, displayName=f"Who {number}")
        for number, (name, (where, status)) in enumerate(made.items())
    }


def counted(page: str) -> dict[str, str]:
    rows = re.findall(r'<tr class="\w+"><th scope="row">(.*?)</th><td>(\d+)</td>', page)
    return {words: number for words, number in rows if number != "0"}


def test_it_counts_and_lists_who_was_decided_otherwise(annas: Client, asked) -> None:
    page = annas.get(at("policy-dry-run")).content.decode()
    assert "5 requests, as the rules would have them" in page
    assert counted(page) == {"Approved at once": "3", "Refused": "1", "Left to a person": "1"}
    assert re.search(r"The same</dt><dd>1</dd>", page)
    assert re.search(r"Otherwise</dt><dd>2</dd>", page)
    links = re.findall(r'<td><a href="/requests/([A-Z0-9-]+)/">', page)
    assert set(links) == {asked["denied partner"].reference, asked["approved mallory"].reference}
    assert re.search(r'Refused <span class="below">Bad</span>', page)


def test_it_runs_another_version(annas: Client, asked, published) -> None:
    published(rule("all", "approve"))
    page = annas.get(at("policy-dry-run") + "?version=2").content.decode()
    assert counted(page) == {"Approved at once": "5"}
    page = annas.get(at("policy-dry-run") + "?version=1&days=7").content.decode()
    assert counted(page)["Refused"] == "1"
    assert '<option value="1" selected>' in page
    assert '<option value="7" selected>' in page


def test_it_takes_the_requests_of_so_many_days(annas: Client, flow: UserFlow, published) -> None:
    published(rule("all", "approve"))
    now = timezone.now()
    with time_machine.travel(now - timedelta(days=10), tick=False):
        make_request(flow, email="old@x.example")
    make_request(flow, email="new@x.example")
    assert "2 requests" in annas.get(at("policy-dry-run")).content.decode()
    assert "1 request, as" in annas.get(at("policy-dry-run") + "?days=7").content.decode()


def test_it_says_when_it_was_cut(annas: Client, asked, monkeypatch) -> None:
    monkeypatch.setattr(dry_running, "MOST", 2)
    page = annas.get(at("policy-dry-run")).content.decode()
    assert "There were more requests: these are the newest 2 of them." in page
    assert "2 requests, as" in page


def test_it_shows_nothing_of_another_flow(annas: Client, asked, anna: User) -> None:
    other = make_flow("suppliers")
    hidden = make_request(other, email="x@mallory.example", status="approved", displayName="Hidden Person")
    page = annas.get(at("policy-dry-run")).content.decode()
    assert hidden.reference not in page
    assert "Hidden Person" not in page
    assert "5 requests" in page
    assert annas.get("/policy/suppliers/dry-run/").status_code == 404


def test_it_writes_nothing(annas: Client, asked) -> None:
    before = AuditEvent.objects.count(), sorted(SignUpRequest.objects.values_list("pk", "version"))
    annas.get(at("policy-dry-run"))
    assert (AuditEvent.objects.count(), sorted(SignUpRequest.objects.values_list("pk", "version"))) == before
    assert PolicyEvaluation.objects.count() == 0


def test_without_requests_there_is_nothing_to_compare(annas: Client, published) -> None:
    published(rule("all", "approve"))
    assert "No requests in these days" in annas.get(at("policy-dry-run")).content.decode()


def test_without_a_policy_all_is_left_to_people(annas: Client, flow: UserFlow) -> None:
    make_request(flow)
    assert counted(annas.get(at("policy-dry-run")).content.decode()) == {"Left to a person": "1"}


@pytest.mark.parametrize("days", ["0", "-3", "x", "9999", "9" * 40, "%00", "²"])
def test_days_that_make_no_sense_are_the_usual_ones(annas: Client, asked, days: str) -> None:
    page = annas.get(at("policy-dry-run") + f"?days={days}").content.decode()
    assert '<option value="30" selected>' in page


@pytest.mark.parametrize("version", ["0", "9", "x", "9" * 40, "%00"])
def test_a_version_that_is_not_there_is_not_found(annas: Client, asked, version: str) -> None:
    assert annas.get(at("policy-dry-run") + f"?version={version}").status_code == 404


def test_names_are_shown_as_text_that_does_nothing(annas: Client, flow: UserFlow, anna: User, published) -> None:
    published(rule("all", "approve"))
    make_request(flow, status="denied", by=anna, displayName="<b>Bold\u202e</b>")
    page = annas.get(at("policy-dry-run")).content.decode()
    assert "&lt;b&gt;Bold" in page
    assert "\u202e" not in page


def test_it_asks_the_database_few_times(annas: Client, asked, django_assert_max_num_queries) -> None:
    annas.get(at("policy-dry-run"))
    with django_assert_max_num_queries(12):
        annas.get(at("policy-dry-run"))
