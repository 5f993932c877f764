"""Who sees the administration pages, and what nobody may do there."""

from __future__ import annotations

import pytest
from django.contrib import admin as django_admin
from django.test import Client
from django.urls import reverse

from accounts.models import GuestAccount, User
from approvals import audit
from approvals.admin.newest import SHOWN
from approvals.models import Action, AuditEvent, OutboxEntry, SignUpRequest, UserFlow
from connector.models import ConnectorCredential, UnusableCall
from tests.admin.pages import address, signed_in
from tests.factories import PASSWORD, make_request

READ_ONLY = ["approvals_signuprequest", "approvals_auditevent", "approvals_outboxentry", "accounts_guestaccount"]
MODELS = sorted(f"{model._meta.app_label}_{model._meta.model_name}" for model in django_admin.site._registry)


def test_it_lists_what_an_administrator_should_find() -> None:
    assert MODELS == [
        "accounts_apitoken",
        "accounts_guestaccount",
        "accounts_user",
        "approvals_auditevent",
        "approvals_outboxentry",
        "approvals_signuprequest",
        "approvals_userflow",
        "connector_connectorcredential",
        "connector_unusablecall",
        "connector_verificationservice",
    ]


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/accounts/user/"])
def test_it_sends_the_anonymous_to_the_one_door(db: None, path: str) -> None:
    answer = Client().get(path, follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("accounts:sign-in"))


def test_it_takes_no_password_of_its_own(admin: User) -> None:
    client = Client()
    assert client.post("/admin/login/", {"username": "admin", "password": PASSWORD}).status_code == 405
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/approvals/signuprequest/"])
def test_it_shows_nothing_to_a_reviewer(anna: User, path: str) -> None:
    User.objects.filter(pk=anna.pk).update(is_staff=True)
    assert signed_in(anna).get(path, follow=True).status_code == 403


@pytest.mark.parametrize("model", MODELS)
def test_it_shows_every_list(pages: Client, flow: UserFlow, model: str) -> None:
    make_request(flow, status="failed")
    ConnectorCredential.issue(flow)
    UnusableCall.objects.create(flow=flow, step="submit", code="not_json")
    assert pages.get(address(model, "changelist")).status_code == 200


def test_it_shows_a_request_with_its_claims_inert(pages: Client, flow: UserFlow) -> None:
    request = make_request(flow, status="failed", displayName="<script>alert(1)</script>")
    page = pages.get(address("approvals_signuprequest", "change", request.pk)).content.decode()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "The tenant forbids invitations." in page


@pytest.mark.parametrize("model", READ_ONLY)
def test_it_adds_nothing_to_what_has_happened(pages: Client, model: str) -> None:
    assert pages.get(address(model, "add")).status_code == 403


def test_it_changes_and_deletes_nothing_of_what_has_happened(pages: Client, flow: UserFlow) -> None:
    request = make_request(flow)
    entry, event = OutboxEntry.objects.get(request=request), AuditEvent.objects.get(request=request)
    for model, row in (
        ("approvals_signuprequest", request),
        ("approvals_outboxentry", entry),
        ("approvals_auditevent", event),
        ("approvals_userflow", flow),
    ):
        assert pages.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        if model != "approvals_userflow":
            assert pages.post(address(model, "change", row.pk), {"status": "approved"}).status_code == 403
    request.refresh_from_db()
    assert request.status == "pending"


def test_it_deletes_no_audit_events_as_a_batch(pages: Client, flow: UserFlow) -> None:
    event = audit.record(Action.FLOW_CREATED, flow=flow)
    chosen = {"action": "delete_selected", "_selected_action": [str(event.pk)], "post": "yes"}
    pages.post(address("approvals_auditevent", "changelist"), chosen)
    assert AuditEvent.objects.filter(pk=event.pk).exists()


def test_it_searches_requests_by_address(pages: Client, flow: UserFlow) -> None:
    make_request(flow, email="a@x.example")
    make_request(flow, email="b@x.example")
    page = pages.get(address("approvals_signuprequest", "changelist"), {"q": "b@x"})
    assert [request.email for request in page.context["cl"].queryset] == ["b@x.example"]
    assert SignUpRequest.objects.count() == 2


def test_it_lists_the_newest_of_what_grows_for_ever_and_finds_the_rest(pages: Client, flow: UserFlow) -> None:
    first = make_request(flow)
    AuditEvent.objects.bulk_create(AuditEvent(action=Action.FLOW_CHANGED, flow=flow) for _ in range(SHOWN))
    listed = pages.get(address("approvals_auditevent", "changelist")).context["cl"]
    assert listed.result_count == SHOWN
    assert not listed.queryset.filter(request=first).exists()
    found = pages.get(address("approvals_auditevent", "changelist"), {"q": first.reference.lower()}).context["cl"]
    assert [event.request for event in found.queryset] == [first]


def test_it_lists_given_up_work_however_old(pages: Client, flow: UserFlow) -> None:
    make_request(flow)
    OutboxEntry.objects.update(state=OutboxEntry.State.PARKED)
    OutboxEntry.objects.bulk_create(OutboxEntry(kind="mail.received", state="done") for _ in range(SHOWN))
    listed = pages.get(address("approvals_outboxentry", "changelist"), {"state__exact": "parked"}).context["cl"]
    assert listed.result_count == 1
    assert pages.get(address("approvals_outboxentry", "changelist")).context["cl"].result_count == SHOWN


def test_it_finds_a_guest_by_reference_or_object_id(pages: Client, flow: UserFlow) -> None:
    request = make_request(flow)
    guest = GuestAccount.objects.create(request=request, object_id="c5f0a1f2-0000-4000-8000-000000000001")
    for words, found in ((request.reference, [guest]), (guest.object_id.upper(), [guest]), ("c5f0a1f2", [])):
        page = pages.get(address("accounts_guestaccount", "changelist"), {"q": words})
        assert list(page.context["cl"].queryset) == found
