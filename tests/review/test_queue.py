"""The queue: whose requests, in what order, how searched, and what it says when there is nothing."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from approvals.models import SignUpRequest, UserFlow
from tests.factories import make_flow, make_request, make_user
from tests.review.conftest import signed_in

QUEUE = reverse("review:queue")


def rows(page: str) -> list[str]:
    """The references of the rows of a page, from top to bottom."""
    return re.findall(r'class="row-link" href="/requests/([^/]+)/"', page)


def submit_in_turn(flow: UserFlow, count: int) -> list[str]:
    """Requests a minute apart; their references, oldest first."""
    requests = [make_request(flow, email=f"{n}@fabrikam.example") for n in range(count)]
    for n, request in enumerate(requests):
        at = request.submitted_at - timedelta(minutes=count - n)
        SignUpRequest.objects.filter(pk=request.pk).update(submitted_at=at)
    return [request.reference for request in requests]


def get(client: Client, **query: str) -> str:
    response = client.get(QUEUE, query)
    assert response.status_code == 200
    return response.content.decode()


def test_it_sends_an_anonymous_person_to_sign_in(client, flow) -> None:
    response = client.get(QUEUE)
    assert response.status_code == 302
    assert response["Location"] == f"{reverse('accounts:sign-in')}?next={QUEUE}"


def test_it_leads_from_the_front_door_to_the_queue(annas) -> None:
    assert annas.get("/").headers["Location"] == QUEUE


def test_it_shows_only_requests_of_flows_that_the_person_reviews(annas, flow) -> None:
    mine = make_request(flow)
    other = make_request(make_flow("suppliers"), email="other@fabrikam.example")
    for tab in ("needs-decision", "all"):
        page = get(annas, tab=tab)
        assert mine.reference in page
        assert other.reference not in page
        assert "other@fabrikam.example" not in page


def test_it_shows_an_administrator_everything(admin, flow) -> None:
    requests = [make_request(flow), make_request(make_flow("suppliers"))]
    assert set(rows(get(signed_in(admin)))) == {request.reference for request in requests}


def test_it_puts_the_longest_waiting_first_and_history_newest_first(annas, flow) -> None:
    references = submit_in_turn(flow, 3)
    assert rows(get(annas)) == references
    assert rows(get(annas, tab="all")) == references[::-1]


@pytest.mark.parametrize(
    ("tab", "shown"),
    [
        ("needs-decision", {"pending"}),
        ("decided", {"approved", "failed", "denied", "provisioned"}),
        ("failed", {"failed"}),
        ("all", {"pending", "approved", "failed", "denied", "provisioned"}),
        ("no-such-tab", {"pending"}),
    ],
)
def test_it_sorts_requests_into_tabs_and_counts_them(annas, anna, flow, tab, shown) -> None:
    states = ("pending", "approved", "failed", "denied", "provisioned")
    made = {state: make_request(flow, email=f"{state}@x.example", status=state, by=anna).reference for state in states}
    page = get(annas, tab=tab)
    assert set(rows(page)) == {made[state] for state in shown}
    tabs = re.search(r'<nav class="tabs".*?</nav>', page, re.DOTALL)
    assert tabs
    assert re.findall(r'class="count">(\d+)<', tabs[0]) == ["1", "4", "1", "5"]


@pytest.mark.parametrize(
    "words", ["smith", "SMITH", "john.smith@fab", " fabrikam.example ", "{reference}", "{dashless}"]
)
def test_it_finds_by_name_address_and_reference(annas, flow, words) -> None:
    wanted = make_request(flow)
    make_request(flow, email="maria@northwind.example", displayName="Maria Oliveira")
    reference = wanted.reference
    words = words.format(reference=reference, dashless=reference.replace("-", "").lower())
    assert rows(get(annas, q=words)) == [reference]


@pytest.mark.parametrize("words", ["%", "_", "\\", "' or 1=1 --", "x" * 5000, "\u202e"])
def test_it_takes_odd_searches_as_words(annas, flow, words) -> None:
    make_request(flow)
    assert rows(get(annas, q=words)) == []


def test_it_searches_for_nothing_when_the_words_hold_nothing(annas, flow) -> None:
    request = make_request(flow)
    assert rows(get(annas, q=" \0 ")) == [request.reference]


def test_it_does_not_find_what_the_person_may_not_see(annas, flow) -> None:
    other = make_request(make_flow("suppliers"))
    assert rows(get(annas, q=other.reference, tab="all")) == []


def test_it_turns_pages_forth_and_back_without_loss(annas, flow) -> None:
    references = submit_in_turn(flow, 60)
    first = get(annas)
    assert "25 of 60" in first
    second = follow(annas, first, "next")
    third = follow(annas, second, "next")
    assert rows(first) + rows(second) + rows(third) == references
    assert 'rel="next"' not in third
    assert 'rel="prev"' not in first
    assert rows(follow(annas, third, "prev")) == rows(second)
    back = follow(annas, follow(annas, third, "prev"), "prev")
    assert rows(back) == rows(first)
    assert 'rel="prev"' not in back


def follow(client: Client, page: str, rel: str) -> str:
    link = re.search(rf'rel="{rel}" href="(\?[^"]+)"', page)
    assert link, f"no {rel} page"
    return client.get(QUEUE + link[1].replace("&amp;", "&")).content.decode()


def test_it_keeps_its_place_while_rows_come_and_go(annas, anna, flow) -> None:
    references = submit_in_turn(flow, 30)
    first = get(annas)
    SignUpRequest.objects.filter(reference=references[0]).update(status="approved", decided_at="2026-01-01T00:00Z")
    assert rows(follow(annas, first, "next")) == references[25:]


def cursor(text: str) -> str:
    """What a page calls a place in the list."""
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "AAAA",
        "\0",
        "é",
        "1" * 3000,
        cursor("2026-01-01T00:00:00Z not-a-uuid"),
        cursor("2026-01-01T00:00:00 " + "0" * 32),
        cursor("0001-01-01T00:00:00+14:00 " + "0" * 32),
    ],
)
def test_it_leaves_a_cursor_that_makes_no_sense_unheard(annas, flow, cursor) -> None:
    references = submit_in_turn(flow, 2)
    assert rows(get(annas, after=cursor)) == references
    assert rows(get(annas, before=cursor)) == references


def test_it_keeps_search_and_tab_while_turning_pages(annas, flow) -> None:
    submit_in_turn(flow, 30)
    page = get(annas, tab="all", q="fabrikam")
    assert re.search(r'rel="next" href="\?tab=all&amp;q=fabrikam&amp;after=', page)


def test_it_gives_htmx_the_list_alone(annas, flow) -> None:
    request = make_request(flow)
    response = annas.get(QUEUE, headers={"HX-Request": "true", "HX-Target": "list"})
    page = response.content.decode()
    assert "<html" not in page
    assert rows(page) == [request.reference]
    assert "HX-Target" in response["Vary"]


def test_it_says_truthfully_that_nothing_waits(annas, anna, flow) -> None:
    make_request(flow, status="denied", by=anna)
    page = get(annas)
    assert "Nothing to decide" in page
    assert "was denied by Anna Berg" in page


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ({}, "No sign-ups yet"),
        ({"q": "nobody"}, "No request matches “nobody”"),
        ({"q": "<b>x</b>"}, "“&lt;b&gt;x&lt;/b&gt;”"),
    ],
)
def test_it_says_why_the_list_is_empty(annas, flow, query, says) -> None:
    assert says in get(annas, **query)


def test_it_says_when_the_search_has_found_something_elsewhere(annas, anna, flow) -> None:
    make_request(flow, email="otto@fabrikam.example", status="denied", by=anna)
    page = get(annas, q="otto")
    assert "Nothing under “Needs decision” matches “otto”" in page
    assert "?tab=all&amp;q=otto" in page
    assert "See the 1 elsewhere" in page
    assert "No request matches" not in page


def test_it_tells_empty_tabs_apart(annas, flow) -> None:
    make_request(flow)
    assert "No failed deliveries" in get(annas, tab="failed")
    assert "Nothing has been decided yet" in get(annas, tab="decided")


def test_it_tells_a_person_without_flows_so(stranger) -> None:
    assert "You do not review any user flow" in get(signed_in(stranger))


def test_it_marks_who_was_denied_earlier(annas, anna, flow) -> None:
    flow.reapply_after_days = 0
    flow.save()
    make_request(flow, status="denied", by=anna)
    make_request(flow)
    assert get(annas).count("Denied earlier") == 1


def test_it_shows_failures_on_every_page(annas, anna, flow) -> None:
    failed = make_request(flow, status="failed", by=anna)
    pages = [QUEUE, reverse("review:request", args=[failed.reference]), reverse("review:history")]
    for page in [*pages, reverse("accounts:preferences")]:
        assert 'href="/requests/?tab=failed"' in annas.get(page).content.decode().split("</header>")[0]


def test_it_refuses_to_be_posted_to(annas) -> None:
    assert annas.post(QUEUE).status_code == 405


def test_it_asks_the_database_no_more_for_many_rows_than_for_few(anna, flow, django_assert_num_queries) -> None:
    make_user("cleo", flows=(flow,))
    browser = signed_in(User.objects.get(username="anna"))
    submit_in_turn(flow, 3)
    # Session, person, tab counts, rows, flows.
    with django_assert_num_queries(5):
        get(browser)
    submit_in_turn(make_flow("more"), 1)
    for n in range(20):
        make_request(flow, email=f"more{n}@fabrikam.example", status="failed" if n % 2 else "denied", by=anna)
    with django_assert_num_queries(5):
        get(browser, tab="all")
    # A search finds, and counts its own tabs beside the ones in the frame.
    with django_assert_num_queries(7):
        get(browser, tab="all", q="fabrikam")
