"""What approving will do, on the page of a request: said, asked for again, and waited for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from approvals import workflow
from approvals.forecasts import Code, outlook_of
from approvals.forecasts.unknown import _PASSING, _STANDSTILLS
from approvals.forecasts.words import _WORDS
from approvals.models import Forecast, OutboxEntry, SignUpRequest, UserFlow
from tests.factories import make_request
from tests.review.conftest import signed_in

HTMX = {"HX-Request": "true"}
SENTENCE = "Approving will invite john.smith@fabrikam.example as a guest."


def keep(request: SignUpRequest, code: str = "will_invite", *, ago: float = 60, **facts: object) -> None:
    workflow.record_forecast(request.pk, code=code, facts=facts, at=timezone.now() - timedelta(seconds=ago))


def page_of(browser: Client, request: SignUpRequest) -> str:
    response = browser.get(reverse("review:request", args=[request.reference]))
    assert response.status_code == 200
    return words_of(response)


def words_of(response: Any) -> str:
    """An answer without the places where a long address may break."""
    return str(response.content.decode().replace("<wbr>", ""))


def look(browser: Client, request: SignUpRequest, **options: Any) -> Any:
    return browser.post(reverse("review:look", args=[request.reference]), **options)


def forecast(browser: Client, request: SignUpRequest) -> Any:
    return browser.get(reverse("review:forecast", args=[request.reference]), headers=HTMX)


def looks() -> int:
    return OutboxEntry.objects.filter(kind="tenant.look").count()


def test_it_says_what_approving_will_do_and_when_that_was_seen(annas: Client, flow: UserFlow) -> None:
    request = make_request(flow)
    keep(request, ago=180)

    page = page_of(annas, request)

    assert SENTENCE in page
    assert 'class="outlook good"' in page
    assert ">3 minutes ago</time>" in page
    assert "Check again" in page
    assert "/forecast" not in page


def test_it_says_what_to_do_where_something_stands_in_the_way(annas: Client, flow: UserFlow) -> None:
    request = make_request(flow)
    keep(request, "deleted_guest_blocks", until="2026-06-02T10:00:00+00:00")

    page = page_of(annas, request)

    assert 'class="outlook blocked"' in page
    assert "Users &gt; Deleted users" in page
    assert "2 June 2026" in page
    # Whoever knows better may approve all the same.
    assert reverse("review:approve", args=[request.reference]) in page


def test_it_says_that_what_was_seen_is_old(annas: Client, flow: UserFlow) -> None:
    request = make_request(flow)
    keep(request, ago=25 * 3600)

    assert "it may have changed" in page_of(annas, request)


def test_it_says_that_it_was_tried_in_vain(annas: Client, flow: UserFlow) -> None:
    request = make_request(flow)
    keep(request, "unknown", ago=25 * 3600, why="unreachable")

    page = page_of(annas, request)

    assert "The tenant could not be reached at" in page
    assert "Tried <time" in page
    assert "it may have changed" not in page


def test_it_waits_for_the_first_look_and_not_for_ever(annas: Client, flow: UserFlow) -> None:
    request = make_request(flow)
    page = page_of(annas, request)
    assert "Looking into the tenant…" in page
    assert 'hx-trigger="every 2s"' in page
    assert forecast(annas, request).status_code == 204

    SignUpRequest.objects.update(submitted_at=timezone.now() - timedelta(minutes=3))

    page = page_of(annas, request)
    assert "Foyer has not looked into the tenant for this request yet." in page
    assert "Check now" in page
    assert "hx-trigger" not in forecast(annas, request).content.decode()


def test_it_shows_what_was_found_as_soon_as_it_is(annas: Client, flow: UserFlow) -> None:
    request = make_request(flow)
    keep(request, ago=0)

    answer = forecast(annas, request)

    assert answer.status_code == 200
    assert SENTENCE in words_of(answer)
    assert "<html" not in answer.content.decode()
    assert "hx-trigger" not in answer.content.decode()


@pytest.mark.parametrize("status", ["approved", "denied"])
def test_it_says_nothing_of_a_decided_request(annas: Client, anna: User, flow: UserFlow, status: str) -> None:
    request = make_request(flow)
    keep(request)
    deed = workflow.approve if status == "approved" else workflow.deny
    deed(request.pk, actor=anna)

    assert 'id="forecast"' not in page_of(annas, request)
    answer = forecast(annas, request)
    assert (answer.status_code, answer.content) == (286, b"")


def test_it_says_that_entra_makes_the_guest(annas: Client, flow: UserFlow) -> None:
    UserFlow.objects.update(provisioning="on_return")
    page = page_of(annas, make_request(flow))

    assert "Entra makes the guest when this person signs up again" in page
    assert "Check" not in page.split('id="forecast"')[1].split("<form")[0]
    assert "review/look" not in page
    assert "hx-trigger" not in page.split('id="forecast"')[1].split("<form")[0]


def test_it_has_the_tenant_looked_into_again_without_javascript(annas: Client, anna: User, flow: UserFlow) -> None:
    request = make_request(flow)
    keep(request)

    answer = look(annas, request)

    assert answer.status_code == 302
    assert answer["Location"] == reverse("review:request", args=[request.reference]) + "#forecast"
    assert OutboxEntry.objects.get(kind="tenant.look").source == f"user:{anna.pk}"
    page = page_of(annas, request)
    # What was seen before stays in sight.
    assert SENTENCE in page
    assert "Looking…" in page


def test_it_has_the_tenant_looked_into_again_in_place(annas: Client, flow: UserFlow) -> None:
    request = make_request(flow)
    keep(request)

    part = look(annas, request, headers=HTMX).content.decode()

    assert "<html" not in part
    assert 'hx-trigger="every 2s"' in part
    assert "Looking…" in part


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_it_does_not_look_twice_within_half_a_minute(annas: Client, flow: UserFlow, headers: dict[str, str]) -> None:
    request = make_request(flow)
    keep(request, ago=10)

    answer = annas.post(reverse("review:look", args=[request.reference]), headers=headers, follow=True)

    assert "Foyer looked into the tenant a moment ago" in answer.content.decode()
    assert looks() == 0


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_it_does_not_look_for_a_decided_request(
    annas: Client, anna: User, flow: UserFlow, headers: dict[str, str]
) -> None:
    request = make_request(flow, status="denied", by=anna)

    answer = look(annas, request, headers=headers)

    if headers:
        assert (answer.status_code, answer.content) == (286, b"")
    else:
        assert answer.status_code == 409
        assert "has been decided" in answer.content.decode()
    assert looks() == 0


def test_it_climbs_the_ladder_of_permissions(
    client: Client, stranger: User, admin: User, annas: Client, flow: UserFlow
) -> None:
    request = make_request(flow)
    keep(request)
    for name, method in (("forecast", "get"), ("look", "post")):
        where = reverse(f"review:{name}", args=[request.reference])
        assert getattr(client, method)(where)["Location"].startswith(reverse("accounts:sign-in"))
        assert getattr(signed_in(stranger), method)(where).status_code == 404
        assert getattr(annas, method)(where).status_code in (200, 302)
        assert getattr(signed_in(admin), method)(where).status_code in (200, 204, 302)
    assert looks() == 1


def test_it_looks_for_nobody_by_a_mere_link(annas: Client, flow: UserFlow) -> None:
    request = make_request(flow)

    assert annas.get(reverse("review:look", args=[request.reference])).status_code == 405
    assert annas.post(reverse("review:forecast", args=[request.reference])).status_code == 405


def test_it_refuses_a_form_without_its_token(anna: User, flow: UserFlow) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(anna)
    request = make_request(flow)

    assert look(browser, request).status_code == 403
    assert looks() == 0


def test_it_shows_hostile_text_as_text(annas: Client, flow: UserFlow) -> None:
    request = make_request(flow)
    keep(request, "cannot_invite", characters="<b>\u202e")

    page = page_of(annas, request)

    assert "“&lt;b&gt;" in page
    assert "\u202e" not in page


def test_it_costs_a_page_no_further_query(
    annas: Client, flow: UserFlow, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    request = make_request(flow)
    keep(request)
    page_of(annas, request)
    # Session, person, request with its forecast.
    with django_assert_num_queries(3):
        forecast(annas, request)


def test_there_are_words_for_everything_that_a_look_may_find(flow: UserFlow) -> None:
    request = make_request(flow)
    assert {*_WORDS, Code.UNKNOWN} == set(Code)
    for code in (*_WORDS, *(f"unknown:{why}" for why in ("", *_PASSING, *_STANDSTILLS))):
        name, _, why = str(code).partition(":")
        Forecast.objects.update_or_create(
            request=request, defaults={"code": name, "facts": {"why": why, "again": True}}
        )
        outlook = outlook_of(SignUpRequest.objects.select_related("flow", "forecast").get(pk=request.pk))
        if code == Code.ON_RETURN:
            continue
        assert outlook is not None
        assert (outlook.code, outlook.sentence.endswith(".")) == (name, True)
        assert not {"%", "None"} & set(f"{outlook.sentence} {outlook.advice}".split())


@pytest.mark.parametrize("code", ["a_newer_release_knows_this", ""])
def test_it_survives_a_code_that_it_does_not_know(annas: Client, flow: UserFlow, code: str) -> None:
    request = make_request(flow)
    keep(request, code)

    assert "Foyer has not looked into the tenant for this request yet." in page_of(annas, request)


def test_it_tells_dates_in_the_readers_zone_and_language(flow: UserFlow) -> None:
    request = make_request(flow)
    keep(request, "already_guest", since="2026-05-03T23:30:00+00:00")
    loaded = SignUpRequest.objects.select_related("flow", "forecast").get(pk=request.pk)

    with timezone.override("Asia/Kathmandu"), translation.override("de"):
        outlook = outlook_of(loaded)

    assert outlook is not None
    assert "4 Mai 2026" in outlook.sentence.replace(".", "")
