"""What the API shows."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from accounts.models import User
from approvals import workflow
from approvals.models import SignUpRequest, UserFlow
from tests.api.calling import Caller, body, problem
from tests.factories import make_flow, make_identity, make_request


def test_it_shows_a_waiting_request(api: Caller, flow: UserFlow) -> None:
    request = make_request(flow, identities=(make_identity(),), locales=("de-AT",), extension_0a_Badge=7)
    (item,) = api.listed("requests/")
    assert item["reference"] == request.reference
    assert (item["flow"], item["status"], item["version"]) == ("partners", "pending", 1)
    assert item["applicant"] == {
        "name": "John Smith",
        "email": "john.smith@fabrikam.example",
        "identity_provider": "google",
        "attributes": {
            "displayName": "John Smith",
            "givenName": "John",
            "surname": "Smith",
            "extension_0a_Badge": 7,
        },
        "language": "de",
    }
    assert item["delivery"]["state"] == "none"
    assert (item["decided_at"], item["decided_by"], item["previous"]) == (None, None, None)
    assert item["links"] == {
        "self": f"http://testserver/api/v1/requests/{request.reference}/",
        "page": f"http://testserver/requests/{request.reference}/",
    }


def test_it_shows_a_delivery_and_its_failure(api: Caller, flow: UserFlow, anna: User) -> None:
    make_request(flow, email="a@x.example", status="provisioned", by=anna)
    make_request(flow, email="b@x.example", status="failed", by=anna)
    done, failed = api.listed("requests/")
    assert done["delivery"].items() >= {"state": "done", "made": "created", "stage": "finished", "code": None}.items()
    assert done["delivery"]["guest_id"] == f"guest-{done['reference']}"
    assert done["decided_by"] == "anna"
    assert failed["delivery"]["state"] == "failed"
    assert failed["delivery"]["code"] == "invitations_forbidden"
    assert failed["delivery"]["explanation"] == "The tenant forbids invitations."


def test_it_shows_one_request_with_claims_and_timeline(api: Caller, flow: UserFlow, anna: User) -> None:
    claims = {"extension_0a_Badge": 7, "markup": "<script>", "odd": "\ud800\x00", "list": [True, None]}
    request = make_request(flow, status="denied", by=anna, reason="No.", note="Asked.", claims=claims)
    shown = body(api.get(f"requests/{request.reference}/"))
    assert shown["claims"].items() >= claims.items()
    assert [(event["action"], event["by"]) for event in shown["timeline"]] == [
        ("request.submitted", None),
        ("request.denied", "anna"),
    ]
    assert shown["timeline"][1]["data"] == {"reason": "No.", "note": "Asked.", "tell_applicant": True}
    assert shown["timeline"][1]["by_name"] == "Anna Berg"


def test_it_shows_a_number_beyond_all_numbers(api: Caller, flow: UserFlow) -> None:
    request = make_request(flow, claims={"big": float("inf")})
    assert body(api.get(f"requests/{request.reference}/"))["claims"]["big"] == "Infinity"


def test_it_finds_a_reference_as_people_type_it(api: Caller, waiting: SignUpRequest) -> None:
    typed = waiting.reference.replace("-", "").lower()
    assert body(api.get(f"requests/{typed}/"))["reference"] == waiting.reference
    problem(api.get("requests/nothing/"), 404, "not_found")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "abc"),
        ({"order": "newest"}, "cba"),
        ({"status": "pending"}, "a"),
        ({"status": "denied"}, "b"),
        ({"delivery": "none"}, "ab"),
        ({"delivery": "failed"}, "c"),
        ({"flow": "suppliers"}, "c"),
        ({"flow": "nothing"}, ""),
        ({"email": "B@Fabrikam.example"}, "b"),
        ({"email": "fabrikam.example"}, ""),
        ({"q": "fabrikam"}, "ab"),
        ({"q": "FABRIKAM", "status": "denied"}, "b"),
        ({"submitted_after": "2999-01-01T00:00:00Z"}, ""),
        ({"submitted_before": "2999-01-01T00:00:00Z", "submitted_after": "2001-01-01T00:00:00Z"}, "abc"),
    ],
)
def test_it_lists_what_was_asked_for(admins_api: Caller, flow: UserFlow, query: dict[str, str], found: str) -> None:
    make_request(flow, email="a@fabrikam.example")
    make_request(flow, email="b@fabrikam.example", status="denied")
    make_request(make_flow("suppliers"), email="c@contoso.example", status="failed")
    assert "".join(item["applicant"]["email"][0] for item in admins_api.listed("requests/", **query)) == found


def test_it_takes_times_as_a_span_that_is_open_at_its_end(api: Caller, waiting: SignUpRequest) -> None:
    instant = waiting.submitted_at.isoformat()
    assert len(api.listed("requests/", submitted_after=instant)) == 1
    assert api.listed("requests/", submitted_before=instant) == []


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("requests/", {"status": "lost"}),
        ("requests/", {"delivery": "lost"}),
        ("requests/", {"submitted_after": "yesterday"}),
        ("requests/", {"limit": "0"}),
        ("requests/", {"limit": "201"}),
        ("requests/", {"q": "a\0b"}),
        ("requests/", {"statuss": "pending"}),
        ("requests/", {"status": ""}),
        ("requests/", {"status": ["denied", "pending"]}),
        ("requests/", {"email": " "}),
        ("requests/", {"cursor": ["a", "b"]}),
        ("audit-events/", {"action": "lost"}),
        ("audit-events/", {"at_before": "tomorrow"}),
    ],
)
def test_it_refuses_a_filter_that_means_nothing(api: Caller, path: str, query: dict[str, Any]) -> None:
    assert problem(api.get(path, **query), 400, "invalid")["errors"].keys() == query.keys()


def test_it_pages_both_ways_without_losing_or_doubling(api: Caller, flow: UserFlow) -> None:
    everyone = [make_request(flow, email=f"{n}@x.example").reference for n in range(5)]
    pages = _pages(api, "requests/", "next", limit="2")
    assert [[item["reference"] for item in page["results"]] for page in pages] == [
        everyone[:2],
        everyone[2:4],
        everyone[4:],
    ]
    back = body(api.client.get(pages[-1]["previous"]))
    assert [item["reference"] for item in back["results"]] == everyone[2:4]


def test_it_pages_over_requests_of_the_same_instant(api: Caller, flow: UserFlow) -> None:
    everyone = {make_request(flow, email=f"{n}@x.example").reference for n in range(5)}
    SignUpRequest.objects.update(submitted_at=SignUpRequest.objects.first().submitted_at)  # type: ignore[union-attr]
    pages = _pages(api, "requests/", "next", limit="2")
    listed = [item["reference"] for page in pages for item in page["results"]]
    assert len(listed) == 5
    assert set(listed) == everyone


@pytest.mark.parametrize("cursor", ["nonsense", "cD0x", "cD15ZXN0ZXJkYXk=", "cD0yMDI2LTEzLTAx", "cD0yMDI2LTAxLTAx"])
def test_it_refuses_a_cursor_that_it_did_not_write(api: Caller, waiting: SignUpRequest, cursor: str) -> None:
    problem(api.get("requests/", cursor=cursor), 404, "not_found")


def test_it_lists_the_flows_with_what_there_is_to_do(api: Caller, flow: UserFlow) -> None:
    make_flow("suppliers")
    make_request(flow, email="a@x.example")
    make_request(flow, email="b@x.example")
    make_request(flow, email="c@x.example", status="failed")
    (item,) = api.listed("flows/")
    assert (item["slug"], item["waiting"], item["failed"], item["is_default"]) == ("partners", 2, 1, True)


def test_it_lists_audit_events_of_ones_own_flows(api: Caller, admins_api: Caller, flow: UserFlow, ben: User) -> None:
    request = make_request(flow, status="approved", by=ben)
    make_request(make_flow("suppliers"))
    mine = api.listed("audit-events/")
    assert [(event["action"], event["request"], event["by"]) for event in mine] == [
        ("request.submitted", request.reference, None),
        ("request.approved", request.reference, "ben"),
    ]
    everything = {event["action"] for event in admins_api.listed("audit-events/")}
    assert everything == {"request.submitted", "request.approved", "token.issued"}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"action": "request.denied"}, 1),
        ({"flow": "partners"}, 3),
        ({"flow": "nothing"}, 0),
        ({"at_after": "2999-01-01T00:00:00Z"}, 0),
        ({"order": "newest"}, 3),
    ],
)
def test_it_filters_audit_events(api: Caller, flow: UserFlow, query: dict[str, str], count: int) -> None:
    make_request(flow, email="a@x.example", status="denied")
    make_request(flow, email="b@x.example")
    assert len(api.listed("audit-events/", **query)) == count


def test_it_filters_audit_events_by_request(api: Caller, flow: UserFlow) -> None:
    request = make_request(flow, email="a@x.example", status="denied")
    make_request(flow, email="b@x.example")
    events = api.listed("audit-events/", reference=request.reference.lower())
    assert [event["request"] for event in events] == [request.reference] * 2


def test_it_asks_the_database_the_same_few_times_however_long_the_list(
    api: Caller, flow: UserFlow, anna: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(12):
        state = ("pending", "denied", "failed")[number % 3]
        make_request(flow, email=f"{number}@x.example", status=state, by=anna)
    api.listed("requests/")
    with django_assert_max_num_queries(2):
        api.listed("requests/")
    with django_assert_max_num_queries(2):
        api.listed("audit-events/")
    reference = api.listed("requests/")[0]["reference"]
    with django_assert_max_num_queries(3):
        api.get(f"requests/{reference}/")


def test_it_shows_the_earlier_request_of_the_same_person(api: Caller, flow: UserFlow) -> None:
    flow.reapply_after_days = 0
    flow.save(update_fields=["reapply_after_days"])
    first = make_request(flow, status="denied")
    second = make_request(flow)
    assert second.pk != first.pk
    assert body(api.get(f"requests/{second.reference}/"))["previous"] == first.reference


@pytest.mark.parametrize(
    ("method", "path"), [("put", "requests/"), ("delete", "requests/{}/"), ("get", "requests/{}/deny")]
)
def test_it_refuses_other_methods(api: Caller, waiting: SignUpRequest, method: str, path: str) -> None:
    answer = getattr(api.client, method)(f"/api/v1/{path.format(waiting.reference)}")
    problem(answer, 405, "method_not_allowed")
    assert answer["Allow"]


def test_it_speaks_json_only(api: Caller, waiting: SignUpRequest) -> None:
    problem(api.client.get("/api/v1/requests/", headers={"Accept": "text/html"}), 406, "not_acceptable")


def test_it_says_what_an_undecided_delivery_is_doing(api: Caller, flow: UserFlow) -> None:
    request = make_request(flow, status="approved")
    workflow.record_delayed(request.pk, code="throttled", explanation="Graph asks us to wait.", next_try_at=None)
    delivery = api.listed("requests/")[0]["delivery"]
    assert delivery.items() >= {"state": "queued", "code": "throttled", "guest_id": None, "made": None}.items()


def test_it_answers_its_own_failure_with_a_problem_that_tells_nothing(
    api: Caller, waiting: SignUpRequest, log_lines: io.StringIO
) -> None:
    SignUpRequest.objects.update(received='{"secret claim": ')
    document = problem(api.get(f"requests/{waiting.reference}/"), 500, "internal_error")
    assert "claim" not in json.dumps(document)
    (logged,) = [line for line in log_lines.getvalue().splitlines() if "api_broke" in line]
    assert "JSONDecodeError" in logged
    assert "secret claim" not in logged


def test_it_says_what_approving_would_do_as_long_as_that_is_a_question(api: Caller, flow: UserFlow, anna: User) -> None:
    request, at = make_request(flow), timezone.now()
    unknown = api.listed("requests/")[0]["forecast"]
    assert (unknown["code"], unknown["tone"], unknown["at"]) == (None, "unknown", None)

    workflow.record_forecast(request.pk, code="cannot_invite_plus", facts={}, at=at)

    assert body(api.get(f"requests/{request.reference}/"))["forecast"] == {
        "code": "cannot_invite_plus",
        "tone": "blocked",
        "sentence": "This address cannot be invited: it has a plus sign.",
        "advice": "Deny the request, and ask the applicant to sign up with another address.",
        "at": at.isoformat().replace("+00:00", "Z"),
    }
    workflow.deny(request.pk, actor=anna)
    assert api.listed("requests/")[0]["forecast"] is None


def _pages(api: Caller, path: str, link: str, **query: str) -> list[Any]:
    pages = [body(api.get(path, **query))]
    while pages[-1][link]:
        pages.append(body(api.client.get(pages[-1][link])))
    return pages
