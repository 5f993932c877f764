"""Deciding on the pages: what each button does, what comes next, and who is refused."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals import workflow
from approvals.models import Action, AuditEvent, Delivery, OutboxEntry, SignUpRequest
from tests.factories import make_applicant, make_flow, make_request
from tests.review.conftest import signed_in

DEEDS = ("approve", "deny", "undo", "reopen", "retry", "deny-preview", "look")


def address(deed: str, request: SignUpRequest) -> str:
    return reverse(f"review:{deed}", args=[request.reference])


def post(client: Client, deed: str, request: SignUpRequest, **fields: str) -> Any:
    return client.post(address(deed, request), {"version": request.version, **fields})


def status_of(request: SignUpRequest) -> str:
    return SignUpRequest.objects.get(pk=request.pk).status


def last_event(request: SignUpRequest) -> AuditEvent:
    event = AuditEvent.objects.filter(request=request).last()
    assert event
    return event


@pytest.mark.parametrize("deed", DEEDS)
def test_it_sends_an_anonymous_person_to_sign_in(client, flow, deed) -> None:
    request = make_request(flow)
    response = post(client, deed, request)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("accounts:sign-in"))
    assert status_of(request) == "pending"


@pytest.mark.parametrize("deed", DEEDS)
def test_it_knows_no_request_of_a_flow_that_the_person_does_not_review(stranger, anna, flow, deed) -> None:
    request = make_request(flow, status="failed" if deed == "retry" else "pending", by=anna)
    before = AuditEvent.objects.count()
    assert post(signed_in(stranger), deed, request).status_code == 404
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize("deed", DEEDS)
def test_it_refuses_a_form_without_its_token(anna, flow, deed) -> None:
    request = make_request(flow)
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(anna)
    response = post(browser, deed, request)
    assert response.status_code == 403
    assert "Please try that again" in response.content.decode()
    assert status_of(request) == "pending"


@pytest.mark.parametrize("deed", DEEDS)
def test_it_does_nothing_on_a_link(annas, flow, deed) -> None:
    request = make_request(flow)
    assert annas.get(address(deed, request)).status_code == 405
    assert status_of(request) == "pending"


def test_it_approves_with_a_private_note(annas, anna, flow) -> None:
    request = make_request(flow)
    response = post(annas, "approve", request, note="Known from the fair.")
    assert response["Location"] == reverse("review:queue")
    decided = SignUpRequest.objects.get(pk=request.pk)
    assert (decided.status, decided.decided_by, decided.note) == ("approved", anna, "Known from the fair.")
    assert OutboxEntry.objects.filter(request=request, kind="guest.provision").count() == 1


def test_it_denies_with_a_reason_and_a_note_kept_apart(annas, flow) -> None:
    request = make_request(flow)
    post(annas, "deny", request, reason="Use your\r\nwork address.", note="Smells.", tell_applicant="on")
    decided = SignUpRequest.objects.get(pk=request.pk)
    assert (decided.status, decided.reason, decided.note) == ("denied", "Use your\nwork address.", "Smells.")
    assert decided.tell_applicant
    assert OutboxEntry.objects.filter(request=request, kind="mail.denied").count() == 1


def test_it_denies_in_silence_when_the_box_is_not_ticked(annas, flow) -> None:
    request = make_request(flow)
    post(annas, "deny", request, reason="No.")
    assert not SignUpRequest.objects.get(pk=request.pk).tell_applicant
    assert not OutboxEntry.objects.filter(request=request, kind="mail.denied").exists()


def test_it_goes_on_to_the_next_request_and_starts_over_at_the_end(annas, flow) -> None:
    first, second, third = (make_request(flow, email=f"{n}@x.example") for n in range(3))
    assert post(annas, "approve", second)["Location"] == reverse("review:request", args=[third.reference])
    assert post(annas, "approve", third)["Location"] == reverse("review:request", args=[first.reference])
    assert post(annas, "deny", first)["Location"] == reverse("review:queue")


def test_it_goes_on_to_no_request_that_the_person_may_not_see(annas, flow) -> None:
    request = make_request(flow)
    make_request(make_flow("suppliers"))
    assert post(annas, "approve", request)["Location"] == reverse("review:queue")


@pytest.mark.usefixtures("held")
def test_it_says_what_happened_with_a_button_that_undoes(annas, flow) -> None:
    request, following = make_request(flow), make_request(flow, email="next@x.example")
    page = annas.get(post(annas, "approve", request)["Location"]).content.decode()
    assert "You approved <strong><bdi>John Smith</bdi></strong>." in page
    assert f'action="{address("undo", request)}"' in page
    # It stays while it can be undone, wherever the person goes.
    assert address("undo", request) in annas.get(reverse("review:history")).content.decode()
    response = annas.post(address("undo", request))
    assert response["Location"] == reverse("review:request", args=[request.reference])
    assert status_of(request) == "pending"
    page = annas.get(response["Location"]).content.decode()
    assert "The decision on John Smith is undone." in page
    assert "You approved" not in page
    assert status_of(following) == "pending"


def test_it_says_it_once_when_nothing_can_be_undone(annas, flow) -> None:
    request = make_request(flow)
    page = annas.get(post(annas, "deny", request)["Location"]).content.decode()
    assert "You denied" in page
    assert address("undo", request) not in page
    assert "You denied" not in annas.get(reverse("review:queue")).content.decode()


@pytest.mark.usefixtures("held")
def test_it_offers_no_undo_once_somebody_else_has_changed_the_request(annas, ben, flow) -> None:
    request = make_request(flow)
    post(annas, "deny", request)
    workflow.undo(request.pk, actor=ben)
    assert "You denied" not in annas.get(reverse("review:queue")).content.decode()


def test_it_refuses_to_undo_what_has_taken_effect(annas, anna, flow) -> None:
    request = make_request(flow, status="denied", by=anna)
    response = annas.post(address("undo", request))
    assert response.status_code == 409
    assert "too late to undo" in response.content.decode()
    assert status_of(request) == "denied"


def test_it_takes_a_second_press_of_the_same_button_for_the_first(annas, flow) -> None:
    request = make_request(flow)
    assert post(annas, "approve", request).status_code == 302
    assert post(annas, "approve", request).status_code == 302
    assert AuditEvent.objects.filter(request=request, action=Action.APPROVED).count() == 1
    assert Delivery.objects.filter(request=request).count() == 1


def test_it_does_not_take_the_other_button_for_the_same(annas, flow) -> None:
    request = make_request(flow)
    post(annas, "approve", request)
    assert post(annas, "deny", request).status_code == 409
    assert status_of(request) == "approved"


def test_it_tells_the_slower_reviewer_who_was_faster_and_keeps_the_words(annas, bens, flow) -> None:
    request, following = make_request(flow), make_request(flow, email="next@x.example")
    post(annas, "approve", request)
    response = post(bens, "deny", request, reason="Not <one> of ours.", note="Called them.", tell_applicant="on")
    page = response.content.decode()
    assert response.status_code == 409
    assert re.search(r"Anna Berg approved this <time [^>]*>\S[^<]*</time>", page)
    assert "Your decision was not saved." in page
    assert "Not &lt;one&gt; of ours.</textarea>" in page
    assert "Called them.</textarea>" in page
    assert reverse("review:request", args=[following.reference]) in page
    assert status_of(request) == "approved"


def test_it_lets_nobody_decide_on_answers_that_they_have_not_seen(annas, flow) -> None:
    request = make_request(flow)
    workflow.submit(flow, make_applicant(jobTitle="Owner of everything"))
    response = post(annas, "approve", request, note="Looks good.")
    page = response.content.decode()
    assert response.status_code == 409
    assert "has changed since you opened it" in page
    assert "Looks good.</textarea>" in page
    assert "Owner of everything" in page
    assert status_of(request) == "pending"
    # The form on this page holds the version that it shows.
    fresh = re.search(r'name="version" value="(\d+)"', page)
    assert fresh
    assert annas.post(address("approve", request), {"version": fresh[1]}).status_code == 302


@pytest.mark.parametrize(
    "fields",
    [{"reason": "x" * 2001}, {"note": "x" * 2001}, {"reason": "a\0b"}, {"version": ""}, {"version": "one"}],
)
def test_it_refuses_texts_that_cannot_be_kept_and_gives_them_back(annas, flow, fields) -> None:
    request = make_request(flow)
    response = post(annas, "deny", request, **fields)
    assert response.status_code == 400
    assert "Nothing was saved." in response.content.decode()
    assert status_of(request) == "pending"


def test_it_counts_a_line_end_as_one_character(annas, flow) -> None:
    request = make_request(flow)
    assert post(annas, "deny", request, reason="\r\n".join("x" * 1000)).status_code == 302


def test_it_previews_the_mail_and_sends_nothing(annas, flow) -> None:
    request = make_request(flow)
    before = OutboxEntry.objects.count()
    response = annas.post(
        address("deny-preview", request),
        {"reason": "Use your <work> address.", "tell_applicant": "on"},
        headers={"HX-Request": "true"},
    )
    page = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in page
    assert "Use your &lt;work&gt; address." in page
    assert page.lower().count("your request was not approved") == 1
    assert (status_of(request), OutboxEntry.objects.count()) == ("pending", before)


def test_it_previews_within_the_page_without_javascript(annas, flow) -> None:
    request = make_request(flow)
    fields = {"reason": "Use your work address.", "note": "Hm.", "tell_applicant": "on"}
    page = post(annas, "deny-preview", request, **fields).content.decode()
    assert '<details class="deny" id="deny" open>' in page
    assert page.count("Use your work address.") == 2
    assert "Hm.</textarea>" in page


def test_it_says_that_no_mail_goes_out_when_the_applicant_is_not_told(annas, flow) -> None:
    page = post(annas, "deny-preview", make_request(flow), reason="No.").content.decode()
    assert "No mail goes out." in page


def test_it_opens_a_denied_request_again(annas, anna, flow) -> None:
    request = make_request(flow, status="denied", by=anna, reason="No.")
    response = annas.post(address("reopen", request))
    assert response["Location"] == reverse("review:request", args=[request.reference])
    assert status_of(request) == "pending"
    assert last_event(request).action == Action.REOPENED


@pytest.mark.parametrize("state", ["pending", "approved", "provisioned"])
def test_it_refuses_to_open_again_what_is_open_or_done(annas, anna, flow, state) -> None:
    request = make_request(flow, status=state, by=anna)
    response = annas.post(address("reopen", request))
    assert response.status_code == 409
    assert "cannot be opened again" in response.content.decode()


def test_it_tries_a_failed_delivery_again(annas, anna, flow) -> None:
    request = make_request(flow, status="failed", by=anna)
    page = annas.get(reverse("review:request", args=[request.reference])).content.decode()
    assert "The tenant forbids invitations." in page
    assert annas.post(address("retry", request)).status_code == 302
    assert Delivery.objects.get(request=request).state == Delivery.State.QUEUED
    assert last_event(request).action == Action.DELIVERY_RETRIED
    again = annas.post(address("retry", request))
    assert again.status_code == 409
    assert "no failed delivery" in again.content.decode()


@pytest.mark.parametrize("state", ["pending", "denied", "provisioned"])
def test_it_refuses_to_retry_what_has_not_failed(annas, anna, flow, state) -> None:
    request = make_request(flow, status=state, by=anna)
    assert annas.post(address("retry", request)).status_code == 409


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("pending", {"approve", "deny", "look"}),
        ("approved", {"undo"}),
        ("denied", {"undo"}),
        ("failed", {"undo", "retry"}),
    ],
)
def test_it_offers_what_can_be_done_while_a_decision_is_held(annas, anna, flow, state, offered) -> None:
    assert deeds_on_page(annas, make_request(flow, status=state, by=anna)) == offered


@pytest.mark.parametrize(
    ("state", "offered"),
    [("approved", set()), ("provisioned", set()), ("denied", {"reopen"}), ("failed", {"retry", "reopen"})],
)
def test_it_offers_what_can_be_done_once_a_decision_is_in_effect(annas, anna, flow, state, offered) -> None:
    assert deeds_on_page(annas, make_request(flow, status=state, by=anna)) == offered


@pytest.mark.parametrize("state", ["expired", "withdrawn"])
def test_it_offers_to_open_again_what_ended_without_a_reviewer(annas, flow, state) -> None:
    request = make_request(flow)
    now = timezone.now()
    SignUpRequest.objects.filter(pk=request.pk).update(status=state, decided_at=now, closed_at=now)
    assert deeds_on_page(annas, request) == {"reopen"}


def deeds_on_page(client: Client, request: SignUpRequest) -> set[str]:
    page = client.get(reverse("review:request", args=[request.reference])).content.decode()
    return set(re.findall(rf'<form [^>]*action="/requests/{request.reference}/(\w+)"', page))
