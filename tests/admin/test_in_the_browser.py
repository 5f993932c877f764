"""The administration pages in Chromium, under the product's own content policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from accounts.models import ApiToken, User
from accounts.signin.tokens import issue_token
from approvals.models import UserFlow
from connector.models import ConnectorCredential
from connector.verification.setting_up import configure
from tests.admin.pages import address, signed_in
from tests.factories import make_request

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(chromium: Browser, live_server: Any, settings: Any, admin: User) -> Iterator[Page]:
    """An administrator's window. Whatever the browser refuses or complains of fails the test."""
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    context = chromium.new_context(base_url=live_server.url)
    context.add_cookies([{"name": "foyer", "value": _session(signed_in(admin)), "url": live_server.url}])
    window, complaints = context.new_page(), []
    window.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    window.on("pageerror", lambda error: complaints.append(str(error)))
    yield window
    context.close()
    assert complaints == []


def test_it_opens_every_page_without_a_complaint(page: Page, flow: UserFlow, anna: User) -> None:
    request = make_request(flow, status="failed")
    ConnectorCredential.issue(flow)
    issue_token(anna, "export")
    service = configure(flow, "idology", {"username": "foyer", "password": "secret"}, actor=None)
    for path in (
        "/admin/",
        address("approvals_signuprequest", "changelist"),
        address("approvals_signuprequest", "change", request.pk),
        address("approvals_auditevent", "changelist"),
        address("approvals_outboxentry", "changelist"),
        address("approvals_userflow", "add"),
        address("accounts_user", "changelist"),
        address("accounts_user", "add"),
        address("accounts_user", "change", anna.pk),
        address("accounts_apitoken", "add"),
        address("connector_connectorcredential", "changelist"),
        address("connector_connectorcredential", "add"),
        address("connector_verificationservice", "changelist"),
        address("connector_verificationservice", "add"),
        address("connector_verificationservice", "add") + "?kind=experian",
        address("connector_verificationservice", "change", service.pk),
    ):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path


@pytest.mark.parametrize(("scheme", "accent"), [("light", "rgb(11, 107, 95)"), ("dark", "rgb(99, 208, 191)")])
def test_it_wears_the_colours_of_the_review_pages(page: Page, flow: UserFlow, scheme: Any, accent: str) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(address("approvals_userflow", "change", flow.pk))
    expect(page.locator("input[name=_save]")).to_have_css("background-color", accent)
    expect(page.locator(".breadcrumbs a").first).to_have_css("color", accent)
    assert page.locator("#site-name img").evaluate("logo => logo.naturalWidth") > 0


def test_it_moves_a_reviewer_into_a_flow(page: Page, flow: UserFlow, stranger: User) -> None:
    page.goto(address("approvals_userflow", "change", flow.pk))
    page.locator("#id_reviewers_from").select_option(label="stranger")
    page.locator("#id_reviewers_add, #id_reviewers_add_link").first.click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("was changed successfully")).to_be_visible()
    assert flow.reviewers.filter(pk=stranger.pk).exists()
    assert flow.events.get().data == {"reviewers_added": ["stranger"]}


def test_it_issues_a_token_and_revokes_it(page: Page, anna: User) -> None:
    page.goto(address("accounts_apitoken", "add"))
    page.get_by_label("Acts as").select_option(label="Anna Berg")
    page.get_by_label("Name").fill("export")
    page.get_by_role("button", name="Issue").click()
    assert page.locator("code").inner_text().startswith("foyer_")
    page.get_by_role("link", name="I have it").click()
    page.locator(".action-select").check()
    page.locator("select[name=action]").select_option("revoke")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_text("export is revoked.")).to_be_visible()
    assert ApiToken.objects.get().revoked_at is not None


def _session(client: Client) -> str:
    return client.cookies["foyer"].value
