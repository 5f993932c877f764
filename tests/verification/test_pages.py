"""Setting up a verification service on the administration pages. Nobody sees a secret again."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from accounts.models import User
from approvals.models import AuditEvent, UserFlow
from connector.models import VerificationService
from connector.verification.setting_up import configure
from tests.admin.pages import address, signed_in
from tests.factories import make_flow

MODEL = "connector_verificationservice"
SECRET = "a-secret-of-the-vendor"
RULES: dict[str, Any] = {"mode": "later", "on_failed": "correct", "tries": "2", "budget_seconds": "6"}
EXPECTID = {
    "setting_url": "https://web.idologylive.com/api/idiq.svc",
    "setting_username": "foyer",
    "setting_password": SECRET,
    "setting_ca_certificates": "",
}


@pytest.fixture
def pages(admin: User) -> Client:
    """An administrator's browser."""
    return signed_in(admin)


def add(kind: str) -> str:
    return f"{address(MODEL, 'add')}?kind={kind}"


def test_it_asks_first_which_service(pages: Client, flow: UserFlow) -> None:
    page = pages.get(address(MODEL, "add")).content.decode()
    assert '<a href="?kind=idology">IDology ExpectID</a>' in page
    assert '<a href="?kind=experian">Experian CrossCore</a>' in page
    assert "?kind=" in pages.get(add("onfido")).content.decode()
    # A form that was sent without one sets nothing up.
    pages.post(address(MODEL, "add"), {"flow": flow.pk, **RULES, **EXPECTID})
    assert not VerificationService.objects.exists()


def test_it_sets_up_a_service(pages: Client, admin: User, flow: UserFlow) -> None:
    page = pages.get(add("idology")).content.decode()
    assert 'type="password" name="setting_password"' in page
    assert pages.post(add("idology"), {"flow": flow.pk, **RULES, **EXPECTID}).status_code == 302
    service = VerificationService.objects.get()
    assert (service.flow, service.kind, service.mode, service.on_failed) == (flow, "idology", "later", "correct")
    assert (service.tries, service.budget_seconds) == (2, 6)
    assert service.settings()["password"] == SECRET
    event = AuditEvent.objects.get(action="verification.changed")
    assert (event.actor, event.flow) == (admin, flow)
    assert "password" in event.data["changed"]
    assert SECRET not in str(event.data)


def test_it_shows_no_secret_and_keeps_one_that_is_left_blank(pages: Client, flow: UserFlow) -> None:
    service = configure(flow, "idology", {"username": "foyer", "password": SECRET}, actor=None)
    change = address(MODEL, "change", service.pk)
    page = pages.get(change).content.decode()
    assert 'value="foyer"' in page
    assert "Is set, and is not shown." in page
    for shown in (page, pages.get(address(MODEL, "changelist")).content.decode()):
        assert SECRET not in shown
        assert service.sealed not in shown
    changed = {**RULES, **EXPECTID, "setting_username": "other", "setting_password": ""}
    assert pages.post(change, changed).status_code == 302
    service.refresh_from_db()
    assert (service.settings()["username"], service.settings()["password"]) == ("other", SECRET)
    assert SECRET not in str(list(LogEntry.objects.values()))


def test_it_writes_nothing_down_when_nothing_was_changed(pages: Client, flow: UserFlow) -> None:
    values = {"username": "foyer", "password": SECRET}
    service = configure(flow, "idology", values, actor=None, **{**RULES, "tries": 2, "budget_seconds": 6})
    pages.post(address(MODEL, "change", service.pk), {**RULES, **EXPECTID, "setting_password": ""})
    assert AuditEvent.objects.filter(action="verification.changed").count() == 1


def test_it_shows_no_key_after_a_mistake_elsewhere(pages: Client, flow: UserFlow, experian: dict[str, str]) -> None:
    typed = {f"setting_{name}": value for name, value in experian.items()}
    page = pages.post(add("experian"), {"flow": flow.pk, **RULES, **typed, "setting_url": "http://x.example"})
    text = html.unescape(page.content.decode())
    assert page.status_code == 200
    assert "Enter an address that begins with https://." in text
    assert "BEGIN CERTIFICATE" in text
    assert "PRIVATE KEY-----" not in text
    assert experian["signature_key"] not in text


def test_it_takes_certificates_as_a_browser_sends_them(pages: Client, flow: UserFlow, experian: dict[str, str]) -> None:
    typed = {f"setting_{name}": value.replace("\n", "\r\n") for name, value in experian.items()}
    assert pages.post(add("experian"), {"flow": flow.pk, **RULES, **typed}).status_code == 302
    kept = VerificationService.objects.get().settings()
    assert kept == {name: value.strip() for name, value in experian.items()}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"setting_password": ""}, "setting_password"),
        ({"setting_username": " "}, "setting_username"),
        ({"setting_url": "ftp://x.example"}, "setting_url"),
        ({"setting_ca_certificates": "nonsense"}, "setting_ca_certificates"),
        ({"mode": "sometimes"}, "mode"),
        ({"on_failed": "approve"}, "on_failed"),
        ({"budget_seconds": "20"}, "budget_seconds"),
        ({"tries": "0"}, "tries"),
        ({"flow": "0"}, "flow"),
    ],
)
def test_it_refuses_what_cannot_work(pages: Client, flow: UserFlow, change: dict[str, str], field: str) -> None:
    page = pages.post(add("idology"), {"flow": flow.pk, **RULES, **EXPECTID, **change})
    assert page.status_code == 200
    assert page.context["adminform"].form.errors.keys() == {field}
    assert all(len(said) == 1 for said in page.context["adminform"].form.errors.values())
    assert not VerificationService.objects.exists()


def test_it_gives_a_flow_no_second_service(pages: Client, flow: UserFlow) -> None:
    configure(flow, "idology", {"username": "foyer", "password": SECRET}, actor=None)
    page = pages.post(add("idology"), {"flow": flow.pk, **RULES, **EXPECTID})
    assert page.context["adminform"].form.errors.keys() == {"flow"}


def test_it_says_that_a_key_is_not_the_certificates(
    pages: Client, flow: UserFlow, experian: dict[str, str], service: Any
) -> None:
    typed = {f"setting_{name}": value for name, value in {**experian, "client_key": service.client_key}.items()}
    page = pages.post(add("experian"), {"flow": flow.pk, **RULES, **typed})
    assert "The private key is not the certificate" in page.content.decode()


def test_it_says_that_settings_cannot_be_read_any_more(pages: Client, flow: UserFlow) -> None:
    service = configure(flow, "idology", {"username": "foyer", "password": SECRET}, actor=None)
    VerificationService.objects.update(sealed="sealed elsewhere")
    change = address(MODEL, "change", service.pk)
    assert "Enter all of them again." in pages.get(change).content.decode()
    assert pages.post(change, {**RULES, **EXPECTID, "setting_password": ""}).status_code == 200
    assert pages.post(change, {**RULES, **EXPECTID}).status_code == 302
    service.refresh_from_db()
    assert service.settings()["password"] == SECRET


def test_it_switches_off(pages: Client, admin: User, flow: UserFlow) -> None:
    suppliers = make_flow("suppliers")
    services = [
        configure(each, "idology", {"username": "foyer", "password": SECRET}, actor=None) for each in (flow, suppliers)
    ]
    pages.post(address(MODEL, "delete", services[0].pk), {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [str(services[1].pk)], "post": "yes"}
    pages.post(address(MODEL, "changelist"), chosen)
    assert not VerificationService.objects.exists()
    events = AuditEvent.objects.filter(action="verification.changed", actor=admin)
    assert [event.data for event in events] == [{"kind": "idology", "switched_off": True}] * 2


def test_it_shows_a_service_of_a_newer_version_and_changes_nothing_of_it(pages: Client, flow: UserFlow) -> None:
    service = configure(flow, "idology", {"username": "foyer", "password": SECRET}, actor=None)
    VerificationService.objects.update(kind="onfido")
    assert pages.get(address(MODEL, "changelist")).status_code == 200
    assert pages.get(address(MODEL, "change", service.pk)).status_code == 200
    assert pages.post(address(MODEL, "change", service.pk), {**RULES, **EXPECTID}).status_code == 403


@pytest.mark.parametrize("page", ["changelist", "add"])
def test_it_lets_no_reviewer_in(anna: User, page: str) -> None:
    assert signed_in(anna).get(address(MODEL, page), follow=True).status_code == 403
