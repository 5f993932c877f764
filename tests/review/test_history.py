"""The history: whose events, filtered how, page by page."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse

from accounts.signin.tokens import issue_token, revoke_token
from approvals import audit, workflow
from approvals.models import Action, AuditEvent
from tests.factories import make_applicant, make_flow, make_request
from tests.review.conftest import signed_in

HISTORY = reverse("review:history")


def get(client, **query: str) -> str:
    response = client.get(HISTORY, query)
    assert response.status_code == 200
    return str(response.content, "utf-8")


def events(page: str) -> list[str]:
    """What happened, from top to bottom."""
    return re.findall(r'<div class="what">\s*<p><strong>([^<]+)</strong>', page)


def test_it_sends_an_anonymous_person_to_sign_in(client, flow) -> None:
    assert client.get(HISTORY)["Location"].startswith(reverse("accounts:sign-in"))


def test_it_lists_what_happened_newest_first(annas, anna, flow) -> None:
    make_request(flow, status="failed", by=anna)
    assert events(get(annas)) == ["Guest could not be made", "Approved", "Request received"]


def test_it_shows_only_events_of_flows_that_the_person_reviews(annas, stranger, admin, flow) -> None:
    make_request(make_flow("suppliers"), displayName="Not for Anna")
    audit.record(Action.TOKEN_ISSUED, actor=admin, name="ours")
    assert events(get(annas)) == []
    assert events(get(signed_in(stranger))) == []
    assert set(events(get(signed_in(admin)))) == {"Request received", "API token issued"}


def test_it_says_which_api_token_was_issued_and_revoked_and_whose_it_is(admin, anna, flow) -> None:
    token, _secret = issue_token(anna, "nightly report", actor=admin)
    revoke_token(token, actor=admin)
    page = get(signed_in(admin))
    assert events(page) == ["API token revoked", "API token issued"]
    assert page.count("nightly report, acts as anna") == 2


ODD_DATA: list[Any] = [
    *({"user": user, "mail": "waiting"} for user in ("anna", 10**30, -1, True, [1], {"a": 1}, None)),
    {"mail": ["waiting"], "made": {}, "name": 7, "reason": 7, "previous": []},
    ["a", "list"],
    "words",
]


@pytest.mark.parametrize("action", [*Action.values, "of.another.version"])
def test_it_shows_events_whatever_their_data_holds(admin, flow, action) -> None:
    for data in ODD_DATA:
        AuditEvent.objects.create(flow=flow, action=action, data=data)
    assert len(events(get(signed_in(admin)))) == len(ODD_DATA)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"kind": "decisions"}, ["Denied", "Approved"]),
        ({"kind": "submissions"}, ["Request received", "Request received"]),
        ({"kind": "deliveries"}, ["Guest could not be made"]),
        ({"kind": "mail"}, []),
        ({"kind": "administration"}, []),
        ({"kind": "no-such-kind"}, None),
        ({"person": "ben"}, ["Denied"]),
        ({"person": "nobody"}, []),
        ({"person": "9" * 400}, []),
        ({"flow": "partners"}, None),
        ({"flow": "suppliers"}, []),
        ({"q": "first"}, ["Guest could not be made", "Approved", "Request received"]),
        ({"q": "AAA-AAAA"}, []),
        ({"q": "\0"}, None),
        ({"person": "\0nobody"}, []),
        ({"flow": "\0nowhere"}, []),
        ({"kind": "decisions", "person": "anna"}, ["Approved"]),
    ],
)
def test_it_filters(annas, anna, ben, flow, query, shown) -> None:
    first = make_request(flow, status="failed", by=anna)
    make_request(flow, email="second@x.example", status="denied", by=ben)
    known = {"first": first.reference}
    page = get(annas, **{name: known.get(value, value) for name, value in query.items()})
    everything = events(get(annas))
    assert events(page) == (everything if shown is None else shown)
    assert ("No event matches" in page) == (shown == [])


def test_it_turns_pages_forth_and_back(annas, flow) -> None:
    request = make_request(flow)
    for n in range(60):
        workflow.submit(flow, make_applicant(jobTitle=f"Title {n}"))
    first = get(annas)
    older = annas.get(HISTORY + link(first, "next")).content.decode()
    assert len(events(first)) == 50
    assert events(older)[-1] == "Request received"
    assert len(events(first) + events(older)) == AuditEvent.objects.filter(request=request).count()
    newer = annas.get(HISTORY + link(older, "prev")).content.decode()
    assert events(newer) == events(first)


def link(page: str, rel: str) -> str:
    found = re.search(rf'rel="{rel}" href="(\?[^"]+)"', page)
    assert found
    return found[1].replace("&amp;", "&")


def test_it_keeps_the_filters_while_turning_pages(annas, flow) -> None:
    make_request(flow)
    for n in range(60):
        workflow.submit(flow, make_applicant(jobTitle=f"Title {n}"))
    assert "kind=submissions" in link(get(annas, kind="submissions"), "next")


def test_it_asks_the_database_no_more_for_many_events_than_for_few(
    annas, anna, flow, django_assert_num_queries
) -> None:
    for n in range(10):
        request = make_request(flow, email=f"{n}@x.example", status="failed", by=anna)
        audit.record(Action.MAIL_SENT, request=request, mail="waiting", user=anna.pk)
    # Session, person, events, people told, flows, people to choose, tab counts.
    with django_assert_num_queries(7):
        get(annas)
