"""Hints on the pages and in the API: whoever may see the request sees them, and nothing of flows they do not review."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from approvals.models import SignUpRequest, UserFlow
from tests.factories import make_flow, make_request
from tests.hints.making import make_examined
from tests.review.conftest import signed_in


@pytest.fixture
def annas(anna: User) -> Client:
    """Anna's browser."""
    return signed_in(anna)


def page_of(browser: Client, request: SignUpRequest) -> str:
    response = browser.get(reverse("review:request", args=[request.reference]))
    assert response.status_code == 200
    return response.content.decode()


def hints_on(browser: Client, request: SignUpRequest) -> list[str]:
    """The hints on the request's page as somebody reads them."""
    card = re.search(r'<section class="hints.*?</section>', page_of(browser, request), re.DOTALL)
    found = re.findall(r"<p>(.*?)</p>", card[0]) if card else []
    return [re.sub(r"<[^>]+>", "", text) for text in found]


def row_of(browser: Client, **query: str) -> str:
    return browser.get(reverse("review:queue"), query).content.decode()


def with_hints(flow: UserFlow, *hints: dict[str, Any]) -> SignUpRequest:
    """A request with these hints."""
    request = make_request(flow)
    SignUpRequest.objects.filter(pk=request.pk).update(hints=list(hints))
    return request


def test_it_shows_the_hints_on_the_request(annas, flow) -> None:
    request = make_examined(flow, "a@mailinator.com", displayName="www.evil.example")
    assert hints_on(annas, request) == [
        "Addresses at mailinator.com are thrown away after use: it is a disposable mail service.",
        "The name contains a link.",
    ]
    assert "Worth a look" in page_of(annas, request)


def test_it_keeps_calm_about_what_is_only_good_to_know(annas, flow) -> None:
    request = make_examined(flow)
    assert hints_on(annas, request) == ["This is the first request from fabrikam.example."]
    assert "Good to know" in page_of(annas, request)
    assert "Worth a look" not in page_of(annas, request)
    assert 'class="mark hinted"' not in row_of(annas)


def test_it_shows_nothing_where_nothing_was_noticed(annas, flow) -> None:
    assert "hints-head" not in page_of(annas, make_request(flow))


def test_it_leads_to_the_earlier_request(annas, flow) -> None:
    denied = make_request(flow, email="old@fabrikam.example", status="denied")
    page = page_of(
        annas, with_hints(flow, {"code": "denied_before", "facts": {"reference": denied.reference, "count": 1}})
    )
    assert f'<a href="/requests/{denied.reference}/">{denied.reference}</a>' in page


def test_it_escapes_what_the_applicant_chose_and_shows_what_is_hidden(annas, flow) -> None:
    facts = {"where": "name", "word": "<b>J\u202e\u043ehn</b>", "scripts": ["CYRILLIC", "LATIN"]}
    page = page_of(annas, with_hints(flow, {"code": "mixed_scripts", "facts": facts}))
    assert "<bdi>&lt;b&gt;J<code" in page
    assert ">RLO</code>" in page
    assert "<b>J" not in page


def test_it_marks_the_row_of_a_request_that_is_worth_a_look(annas, flow, anna) -> None:
    make_examined(flow, "a@mailinator.com", displayName="www.evil.example")
    make_examined(flow, "b@mailinator.com", status="denied", by=anna)
    row = row_of(annas)
    assert row.count('class="mark hinted"') == 1
    assert '<span class="spoken">2 hints worth a look</span>' in row
    assert 'class="mark hinted"' not in row_of(annas, tab="decided")


class TestOtherFlows:
    """The same person in a flow that the reader may or may not review."""

    @pytest.fixture
    def elsewhere(self, flow: UserFlow) -> SignUpRequest:
        """A denied request of the same person in a flow that Anna does not review."""
        return make_examined(make_flow("suppliers"), status="denied")

    def test_it_tells_nothing_of_a_flow_that_the_reader_does_not_review(self, annas, elsewhere, flow) -> None:
        request = make_examined(flow)
        assert {hint["code"] for hint in request.hints} == {"same_person_elsewhere", "first_from_domain"}
        page = page_of(annas, request)
        assert hints_on(annas, request) == ["This is the first request from fabrikam.example."]
        assert elsewhere.reference not in page
        assert "Suppliers" not in page

    def test_it_tells_whoever_reviews_both(self, annas, anna, elsewhere, flow, admin) -> None:
        request = make_examined(flow)
        told = f"The same person also asked in Suppliers, as {elsewhere.reference}, and was denied there."
        assert told in hints_on(signed_in(admin), request)
        elsewhere.flow.reviewers.add(anna)
        assert told in hints_on(annas, request)

    def test_the_api_tells_as_little(self, annas, anna, elsewhere, flow) -> None:
        request = make_examined(flow)
        assert [hint["code"] for hint in in_api(annas, request)] == ["first_from_domain"]
        elsewhere.flow.reviewers.add(anna)
        assert [hint["code"] for hint in in_api(annas, request)] == ["same_person_elsewhere", "first_from_domain"]

    def test_the_api_asks_once_for_a_page(self, annas, flow, elsewhere, django_assert_max_num_queries) -> None:
        for number in range(6):
            facts = {"requests": [{"flow": flow.pk, "reference": "K7Q-4MD9", "denied": False}]}
            request = make_request(flow, email=f"{number}@fabrikam.example")
            hints = [{"code": "same_person_elsewhere", "facts": facts}]
            SignUpRequest.objects.filter(pk=request.pk).update(hints=hints)
        with django_assert_max_num_queries(5):
            page = annas.get(reverse("api:requests")).json()
        assert [len(request["hints"]) for request in page["results"]] == [1] * 6


def test_nobody_else_sees_them(stranger, flow) -> None:
    request = make_examined(flow, "a@mailinator.com")
    address = reverse("review:request", args=[request.reference])
    assert signed_in(stranger).get(address).status_code == 404
    assert "hinted" not in row_of(signed_in(stranger))


def test_the_page_asks_the_database_no_more_for_hints(annas, flow, django_assert_num_queries) -> None:
    request = make_examined(flow, "a@mailinator.com")
    with CaptureQueriesContext(connection) as with_hints:
        assert hints_on(annas, request) != []
    SignUpRequest.objects.update(hints=[])
    with django_assert_num_queries(len(with_hints)):
        assert hints_on(annas, request) == []


def test_the_api_tells_code_level_and_sentence(annas, flow) -> None:
    assert in_api(annas, make_examined(flow, "a@mailinator.com")) == [
        {
            "code": "disposable",
            "level": "look",
            "sentence": "Addresses at mailinator.com are thrown away after use: it is a disposable mail service.",
        }
    ]
    assert in_api(annas, make_request(flow, email="m@fabrikam.example")) == []


def in_api(browser: Client, request: SignUpRequest) -> list[dict[str, str]]:
    """The request's hints as the API tells them."""
    response = browser.get(reverse("api:request", args=[request.reference]))
    assert response.status_code == 200
    hints: list[dict[str, str]] = response.json()["hints"]
    return hints
