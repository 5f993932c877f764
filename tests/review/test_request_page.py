"""The page of one request: everything that was submitted, inert; what happened; and how the delivery goes."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from approvals import workflow
from approvals.models import AuditEvent, Delivery, OutboxEntry, SignUpRequest, UserFlow
from tests.factories import make_applicant, make_flow, make_identity, make_request
from tests.review.conftest import signed_in

Stage = Delivery.Stage


def page_of(client, request: SignUpRequest) -> str:
    response = client.get(reverse("review:request", args=[request.reference]))
    assert response.status_code == 200
    return str(response.content, "utf-8")


def progress(client, request: SignUpRequest, seen: str = "", **query: str) -> Any:
    return client.get(reverse("review:progress", args=[request.reference]), {"seen": seen, **query})


@pytest.mark.parametrize("name", ["request", "progress"])
def test_it_climbs_the_ladder_of_permissions(client, stranger, admin, annas, flow, name) -> None:
    where = reverse(f"review:{name}", args=[make_request(flow).reference])
    assert client.get(where)["Location"].startswith(reverse("accounts:sign-in"))
    assert signed_in(stranger).get(where).status_code == 404
    assert annas.get(where).status_code in (200, 286)
    assert signed_in(admin).get(where).status_code in (200, 286)


@pytest.mark.parametrize("reference", ["AAA-AAAA", "x", "\0", "\0AAA", "<b>", "é" * 200])
def test_it_knows_no_request_by_another_name(annas, reference) -> None:
    assert annas.get(reverse("review:request", args=[reference])).status_code == 404


def test_it_finds_a_reference_however_it_is_typed(annas, flow) -> None:
    reference = make_request(flow).reference
    for typed in (reference.lower(), reference.replace("-", "")):
        assert annas.get(f"/requests/{typed}/").status_code == 200


def test_it_shows_answers_provider_and_language(annas, flow) -> None:
    request = make_request(flow, identities=(make_identity(),), locales=("de-CH", "en"), jobTitle="Buyer")
    page = page_of(annas, request)
    for words in ("Job title", "Buyer", "Google", "German", "de-CH, en", "fabrikam.example", request.reference):
        assert words in page


def test_it_shows_every_claim_with_its_type_and_says_what_the_guest_will_not_get(annas, flow) -> None:
    claims = {"age": 41, "agrees": True, "nothing": None, "list": [1, "<i>"], "map": {"a": 1.5}, "half": 0.5}
    page = page_of(annas, make_request(flow, claims=claims))
    rows = re.findall(r'<th scope="row"><code>(\w+)</code>(.*?)</th>.*?<td>(\w+)</td>', page, re.DOTALL)
    types = {name: kind for name, _marks, kind in rows}
    assert types["email"] == types["displayName"] == "string"
    assert {name: types[name] for name in claims} == {
        "age": "number",
        "agrees": "boolean",
        "nothing": "null",
        "list": "array",
        "map": "object",
        "half": "number",
    }
    left_out = {name for name, marks, _kind in rows if "not carried over" in marks}
    assert left_out == set(claims)
    assert "[1, &quot;&lt;i&gt;&quot;]" in page


def test_it_counts_the_two_names_of_the_surname_as_one(annas, flow) -> None:
    page = page_of(annas, make_request(flow, claims={"lastName": "Smith"}))
    assert "not carried over" not in page


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7|add:7 }}{% now 'Y' %}",
    "javascript:alert(1)",
    "</textarea></title><svg onload=alert(1)>",
]


@pytest.mark.parametrize("payload", HOSTILE)
@pytest.mark.parametrize("where", ["request", "queue", "history"])
def test_it_shows_hostile_text_as_text(annas, anna, flow, payload, where) -> None:
    fields = {"displayName": payload, "givenName": payload, "jobTitle": payload, "companyName": payload}
    identity = make_identity(issuer=payload)
    first = make_request(flow, identities=(identity,), claims={payload: payload}, **fields)
    workflow.submit(flow, make_applicant(identities=(identity,), claims={payload: "2"}, **fields))
    other = make_request(flow, email="other@fabrikam.example", status="denied", by=anna, reason=payload, note=payload)
    for request in (first, other):
        url = reverse(f"review:{where}", args=[request.reference] if where == "request" else [])
        response = annas.get(url)
        page = response.content.decode()
        assert escape(payload) in page
        assert payload not in page.replace(escape(payload), "")
        assert "'unsafe" not in response["Content-Security-Policy"]


def test_it_makes_hidden_characters_visible(annas, flow) -> None:
    page = page_of(
        annas, make_request(flow, displayName="Ann\u202eeve\u200b", jobTitle="a\u00adb", claims={"x": "\u3164"})
    )
    assert 'Ann<code class="chip" title="Hidden character">RLO</code>eve' in page
    for label in ("ZWSP", "SHY", "U+3164"):
        assert f">{label}</code>" in page
    for character in "\u202e\u200b\u00ad\u3164":
        assert character not in page


def test_it_shows_characters_that_no_page_can_carry(annas, flow) -> None:
    page = page_of(annas, make_request(flow, claims={"odd": "a\ud800b\0c", "long": "x" * 10_000}))
    assert ">U+D800</code>" in page
    assert ">NUL</code>" in page
    assert "x" * 10_000 in page


def test_it_shows_what_the_applicant_answered_before(annas, flow) -> None:
    request = make_request(flow, jobTitle="Intern")
    workflow.submit(flow, make_applicant(jobTitle="Director"))
    page = page_of(annas, request)
    earlier = page.split("Earlier answers, changed")[1]
    assert "Intern" in earlier
    assert "Applicant submitted changed answers" in page


def test_it_shows_the_same_person_and_the_same_organisation(annas, anna, flow) -> None:
    flow.reapply_after_days = 0
    flow.save()
    earlier = make_request(flow, status="denied", by=anna, reason="Wrong address.")
    colleague = make_request(flow, email="maria@fabrikam.example", displayName="Maria")
    make_request(flow, email="li@northwind.example", displayName="Li of Northwind")
    make_request(make_flow("suppliers"), email="secret@fabrikam.example", displayName="Not for Anna")
    page = page_of(annas, make_request(flow))
    same, others = page.split("The same person asked before")[1].split("Others from fabrikam.example")
    assert earlier.reference in same
    assert "Wrong address." in same
    assert colleague.reference in others
    assert "Li of Northwind" not in page
    assert "Not for Anna" not in page


def test_it_draws_no_conclusion_from_a_public_mail_provider(annas, flow) -> None:
    make_request(flow, email="somebody@gmail.com")
    assert "Others from" not in page_of(annas, make_request(flow, email="other@gmail.com"))


def test_it_tells_the_story_in_order(annas, anna, flow) -> None:
    request = make_request(flow, status="failed", by=anna, note="Known.")
    timeline = page_of(annas, request).split('id="timeline"')[1]
    places = [timeline.index(words) for words in ("Request received", "Approved", "Known.", "Guest could not be made")]
    assert places == sorted(places)
    assert "Anna Berg" in timeline


def test_it_survives_events_of_people_who_are_gone(annas, flow) -> None:
    request = make_request(flow)
    AuditEvent.objects.create(request=request, flow=flow, action="mail.sent", data={"mail": "waiting", "user": 987654})
    assert "Told a reviewer" in page_of(annas, request)


def test_it_shows_how_far_the_delivery_is(annas, anna, flow) -> None:
    request = make_request(flow, status="approved", by=anna)
    page = page_of(annas, request)
    assert 'hx-trigger="every 1s"' in page
    assert "Waiting to start" in page
    workflow.record_progress(request.pk, Stage.INVITING)
    moved = progress(annas, request)
    assert moved.status_code == 200
    assert re.search(r'aria-current="step">.*?Inviting the guest', moved.content.decode(), re.DOTALL)
    seen = re.search(r"\?seen=([^\"&]+)", moved.content.decode())
    assert seen
    assert progress(annas, request, seen[1]).status_code == 204


def end_mail() -> None:
    """The applicant has been told."""
    OutboxEntry.objects.filter(kind__startswith="mail.").update(state=OutboxEntry.State.DONE)


def test_it_stops_asking_at_the_end_and_shows_the_end(annas, anna, flow) -> None:
    request = make_request(flow, status="approved", by=anna)
    workflow.record_provisioned(request.pk, guest_id="4711-guest", made=Delivery.Made.INVITED)
    assert progress(annas, request).status_code == 200
    end_mail()
    end = progress(annas, request)
    page = end.content.decode()
    assert (end.status_code, end["HX-Retarget"]) == (286, "#panel")
    assert "4711-guest" in page
    assert "Guest invited" in page
    assert "hx-trigger" not in page
    assert 'id="timeline" hx-swap-oob="true"' in page


def seen_in(page: str) -> dict[str, str]:
    """What a page would ask with."""
    asks = re.search(r"/progress\?seen=([^\"&]+)&amp;until=(\d+)\"", page)
    assert asks
    return {"seen": asks[1], "until": asks[2]}


def test_it_asks_on_through_the_hold_of_a_denial_and_until_the_applicant_is_told(annas, anna, flow, settings) -> None:
    settings.DECISION_HOLD_SECONDS = 60
    request = make_request(flow, status="denied", by=anna)
    page = page_of(annas, request)
    assert 'hx-trigger="every 1s"' in page
    assert progress(annas, request, **seen_in(page)).status_code == 204

    SignUpRequest.objects.update(effects_at=timezone.now())
    over = progress(annas, request, **seen_in(page))
    page = over.content.decode()
    assert (over.status_code, over["HX-Retarget"]) == (200, "#panel")
    assert "Reopen" in page
    assert 'hx-trigger="every 5s"' in page
    assert progress(annas, request, **seen_in(page)).status_code == 204

    end_mail()
    end = progress(annas, request, **seen_in(page))
    assert end.status_code == 286
    assert "hx-trigger" not in end.content.decode()


def test_it_stops_asking_when_the_page_has_been_open_for_long(annas, anna, flow) -> None:
    request = make_request(flow, status="denied", by=anna)
    asked = seen_in(page_of(annas, request))
    assert 3500 < int(asked["until"]) - timezone.now().timestamp() <= 3600
    end = progress(annas, request, seen=asked["seen"], until="1700000000")
    assert end.status_code == 286
    assert "hx-trigger" not in end.content.decode()


@pytest.mark.parametrize("until", ["", "soon", "-1", "²", "9" * 40])
def test_it_takes_an_end_that_makes_no_sense_for_none(annas, anna, flow, until) -> None:
    request = make_request(flow, status="denied", by=anna)
    assert progress(annas, request, until=until).status_code == 200


def test_it_does_not_ask_about_what_nobody_but_a_reviewer_will_change(annas, flow) -> None:
    page = page_of(annas, make_request(flow))
    assert "/progress" not in page


def test_it_says_why_a_delivery_waits(annas, anna, flow) -> None:
    request = make_request(flow, status="approved", by=anna)
    workflow.record_delayed(request.pk, code="throttled", explanation="Graph is busy.", next_try_at=timezone.now())
    page = page_of(annas, request)
    assert "Graph is busy." in page
    assert "The next try is at" in page
    assert "delayed" in page


def test_it_asks_seldom_while_the_applicant_is_to_come_back_and_says_when_they_did(annas, anna, flow) -> None:
    UserFlow.objects.update(provisioning=UserFlow.Provisioning.ON_RETURN)
    request = make_request(flow, status="approved", by=anna)
    end_mail()
    page = page_of(annas, request)
    assert "Applicant signs up again" in page
    assert 'hx-trigger="every 5s"' in page
    assert '<li class="waiting" aria-current="step">' in page
    assert progress(annas, request, **seen_in(page)).status_code == 204

    workflow.submit(UserFlow.objects.get(), make_applicant())
    end = progress(annas, request, **seen_in(page))
    assert end.status_code == 286
    assert "Approved applicant signed up" in end.content.decode()


def test_it_shows_times_in_the_readers_zone(anna, flow) -> None:
    anna.time_zone = "Asia/Kathmandu"
    anna.save()
    request = make_request(flow)
    SignUpRequest.objects.filter(pk=request.pk).update(submitted_at="2026-01-01T20:00:00Z")
    page = page_of(signed_in(anna), request)
    assert 'datetime="2026-01-01T20:00:00+00:00" title="Friday 2 January 2026, 01:45:00 +0545"' in page


def test_it_asks_the_database_a_fixed_number_of_times(annas, anna, flow, django_assert_num_queries) -> None:
    flow.reapply_after_days = 0
    flow.save()
    make_request(flow, status="denied", by=anna)
    request = make_request(flow)
    for n in range(8):
        make_request(flow, email=f"{n}@fabrikam.example", status="failed" if n % 2 else "denied", by=anna)
        workflow.submit(flow, make_applicant(jobTitle=f"Title {n}"))
    # Session, person, request, evaluations, verifications, same person by two indexes (3), same domain (2), next, timeline, tab counts.
    with django_assert_num_queries(14):
        page_of(annas, request)
