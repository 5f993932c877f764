"""Graph, the network or the tenant misbehave."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import GuestAccount
from accounts.provisioning import give_up
from approvals import outbox, workflow
from approvals.models import OutboxEntry, UserFlow
from tests.accounts.provisioning.conftest import GROUP, Approve
from tests.accounts.provisioning.steps import (
    attempt,
    calls,
    delivery,
    failure,
    guests,
    let_time_pass,
    mails_due,
    seconds_until_next_try,
    the_guest,
)
from tests.simulator_process import SimulatorProcess

EVERY_CALL = [
    ("with_google", "GET /v1.0/users"),
    ("with_google", "POST /v1.0/users"),
    ("with_google", "POST /v1.0/groups"),
    ("with_google", "GET /v1.0/users/"),
    ("with_entra", "GET /v1.0/users"),
    ("with_entra", "POST /v1.0/invitations"),
    ("with_entra", "PATCH /v1.0/users/"),
    ("with_entra", "POST /v1.0/groups"),
    ("with_entra", "GET /v1.0/users/"),
]


@pytest.fixture(autouse=True)
def in_a_group(flow: UserFlow) -> None:
    """So that every kind of call is made."""
    flow.group_ids = [GROUP]
    flow.save(update_fields=["group_ids"])


@pytest.mark.parametrize(
    ("fault", "value", "code"),
    [
        ("lost_answer", None, "no_answer"),
        ("unavailable", 500, "graph_unavailable"),
        ("unavailable", 502, "graph_unavailable"),
        ("unavailable", 503, "graph_unavailable"),
        ("unavailable", 504, "graph_unavailable"),
        ("throttle", 0, "throttled"),
    ],
)
@pytest.mark.parametrize(("applicant", "call"), EVERY_CALL)
def test_it_makes_one_guest_whichever_call_fails(
    tenant: SimulatorProcess,
    request: pytest.FixtureRequest,
    applicant: str,
    call: str,
    fault: str,
    value: float | None,
    code: str,
) -> None:
    asked = request.getfixturevalue(applicant)(jobTitle="Buyer")
    tenant.fault(fault, count=1, match=call, **({} if value is None else {"value": value}))

    later = attempt(asked)
    assert later is not None
    assert later.code == code
    assert delivery(asked).code == code
    assert attempt(asked, attempts=2) is None

    guest = the_guest(tenant)
    assert (guest["jobTitle"], guest["groups"]) == ("Buyer", [GROUP])
    done = delivery(asked)
    made = "created" if applicant == "with_google" else "invited"
    assert (done.state, done.made, done.guest_id, done.code) == ("done", made, guest["id"], "")
    assert mails_due(asked) == ["mail.approved"]


@pytest.mark.parametrize("call", ["POST /v1.0/invitations", "PATCH /v1.0/users/", "GET /v1.0/users/"])
def test_it_lets_entra_mail_once_whichever_answer_is_lost(
    tenant: SimulatorProcess, flow: UserFlow, with_entra: Approve, call: str
) -> None:
    flow.invitation_mail = UserFlow.InvitationMail.ENTRA
    flow.save(update_fields=["invitation_mail"])
    request = with_entra()
    tenant.fault("lost_answer", count=1, match=call)

    attempt(request)
    attempt(request, attempts=2)

    assert delivery(request).state == "done"
    assert len(tenant.mails("john.smith@fabrikam.example")) == 1
    assert mails_due(request) == []


def test_it_waits_as_long_as_graph_asks_and_lets_nobody_else_call_meanwhile(
    tenant: SimulatorProcess, with_google: Approve, with_entra: Approve
) -> None:
    tenant.fault("throttle", count=1, value=300.5)
    first, second = with_google(), with_entra(email="jane@fabrikam.example")

    later, meanwhile = attempt(first), attempt(second)

    assert later is not None
    assert meanwhile is not None
    assert later.delay == 300.5
    assert 240 < seconds_until_next_try(first) <= 300.5
    assert meanwhile.delay is not None
    assert 240 < meanwhile.delay <= 300.5 * 1.2
    assert calls(tenant) == ["GET users"]


def test_it_backs_off_when_graph_does_not_say_how_long(tenant: SimulatorProcess, with_google: Approve) -> None:
    tenant.fault("unavailable", value=503)
    request = with_google()

    later = attempt(request, attempts=4)

    assert later is not None
    assert later.delay is not None
    assert 16 <= later.delay <= 24


def test_it_times_out(tenant: SimulatorProcess, settings: Settings, with_google: Approve) -> None:
    settings.GRAPH_TIMEOUT_SECONDS = 0.3
    tenant.fault("hang", count=1, match="POST /v1.0/users", value=2)
    request = with_google()

    later = attempt(request)

    assert later is not None
    assert later.code == "no_answer"
    assert GuestAccount.objects.get(request=request).asked_at is not None


def test_it_says_that_microsoft_cannot_be_reached(
    tenant: SimulatorProcess, settings: Settings, with_google: Approve
) -> None:
    request = with_google()
    settings.ENTRA_LOGIN_URL = "https://localhost:9"

    later = attempt(request)

    assert later is not None
    assert later.code == "unreachable"


@pytest.mark.parametrize("applicant", ["with_google", "with_entra"])
def test_it_waits_for_the_directory_to_show_a_new_guest(
    tenant: SimulatorProcess, request: pytest.FixtureRequest, applicant: str
) -> None:
    tenant.fault("replication_lag", count=1, value=3600)
    asked = request.getfixturevalue(applicant)()

    for age in (20, 400, 0):
        later = attempt(asked)
        assert later is not None
        assert later.code == "not_visible_yet"
        let_time_pass(asked, age)

    assert 30 < seconds_until_next_try(asked) <= 60
    assert len([call for call in calls(tenant) if call in ("POST users", "POST invitations")]) == 1
    assert failure(asked) == ("queued", "not_visible_yet", "The directory does not show the new guest everywhere yet.")


def test_it_says_that_the_guest_was_deleted_while_it_was_being_made(
    tenant: SimulatorProcess, with_google: Approve
) -> None:
    tenant.fault("unavailable", count=1, match="POST /v1.0/groups")
    request = with_google()
    attempt(request)
    guest = the_guest(tenant)
    tenant.post("users", {**guest, "deletedDateTime": "2026-11-22T00:00:00Z"})
    let_time_pass(request, 300)

    attempt(request, attempts=2)

    assert failure(request)[:2] == ("failed", "guest_deleted")


def test_it_makes_the_guest_anew_when_it_never_appears(tenant: SimulatorProcess, with_entra: Approve) -> None:
    """Graph has been seen to answer 201 to an invitation and to have no user afterwards."""
    tenant.fault("unavailable", count=1, match="PATCH /v1.0/users")
    request = with_entra()
    attempt(request)
    tenant.reset()
    let_time_pass(request, 1000)

    later = attempt(request, attempts=2)
    attempt(request, attempts=3)

    assert later is not None
    assert later.code == "guest_gone"
    assert delivery(request).guest_id == the_guest(tenant)["id"]


STANDSTILLS = [
    ({"kind": "expired_secret"}, "secret_expired", "ENTRA_CLIENT_SECRET"),
    ({"kind": "wrong_secret"}, "secret_wrong", "ENTRA_CLIENT_SECRET"),
    ({"kind": "missing_permission", "value": "User.ReadWrite.All"}, "permission_missing", "admin consent"),
    ({"kind": "invitations_forbidden"}, "invitations_forbidden", "External collaboration settings"),
]


@pytest.mark.parametrize(("fault", "code", "advice"), STANDSTILLS)
def test_it_waits_for_the_administrator_and_says_for_what(
    tenant: SimulatorProcess, with_entra: Approve, fault: dict[str, str], code: str, advice: str
) -> None:
    request = with_entra()
    tenant.fault(**fault)

    later = attempt(request, attempts=30)

    assert later is not None
    assert later.code == code
    assert later.delay is not None
    assert later.delay <= 300
    state, told, explanation = failure(request)
    assert (state, told) == ("queued", code)
    assert explanation.startswith("Waiting for the tenant. ")
    assert advice in explanation
    assert "fabrikam.example" not in explanation


@pytest.mark.parametrize(("fault", "code", "_advice"), STANDSTILLS)
def test_it_goes_on_by_itself_when_the_cause_is_gone(
    tenant: SimulatorProcess, with_entra: Approve, fault: dict[str, str], code: str, _advice: str
) -> None:
    request = with_entra()
    tenant.fault(**fault)
    attempt(request)
    tenant.clear_faults()

    assert attempt(request, attempts=2) is None

    done = delivery(request)
    assert (done.state, done.code, done.explanation) == ("done", "", "")


def test_it_takes_a_new_secret_from_the_file_without_a_restart(
    tenant: SimulatorProcess, settings: Settings, tmp_path: Path, with_entra: Approve
) -> None:
    file = tmp_path / "client-secret"
    file.write_text(f"{tenant.client_secret}\n")
    settings.ENTRA_CLIENT_SECRET_FILE = str(file)
    request = with_entra()
    tenant.post("client-secret", {"secret": "a-newer-secret"})

    expired = attempt(request)
    file.write_text("a-newer-secret\n")

    assert expired is not None
    assert expired.code == "secret_expired"
    assert attempt(request, attempts=2) is None
    assert delivery(request).state == "done"


def test_it_gives_up_on_the_tenant_when_patience_ends(tenant: SimulatorProcess, with_entra: Approve) -> None:
    request = with_entra()
    entry = OutboxEntry.objects.get(request=request, kind="guest.provision")
    OutboxEntry.objects.exclude(pk=entry.pk).update(state=OutboxEntry.State.CANCELLED)
    OutboxEntry.objects.filter(pk=entry.pk).update(begun_at=timezone.now() - timedelta(hours=73))
    tenant.fault("expired_secret")

    outbox.drain(1)

    state, code, explanation = failure(request)
    assert (state, code) == ("failed", "secret_expired")
    assert explanation.startswith("The client secret has expired.")
    assert explanation.endswith("Foyer has stopped trying: retry when the cause is gone.")


def test_it_fails_at_once_when_only_this_address_is_barred(tenant: SimulatorProcess, with_entra: Approve) -> None:
    request = with_entra()
    tenant.fault("blocked_domain", value="fabrikam.example")

    assert attempt(request) is None

    state, told, explanation = failure(request)
    assert (state, told) == ("failed", "domain_blocked")
    assert "Collaboration restrictions" in explanation
    assert "fabrikam.example" not in explanation


def test_it_succeeds_at_the_first_retry_after_the_cause_is_gone(tenant: SimulatorProcess, with_entra: Approve) -> None:
    request = with_entra()
    tenant.fault("blocked_domain", value="fabrikam.example")
    attempt(request)
    tenant.clear_faults()

    workflow.retry_delivery(request.pk, actor=None)
    attempt(request)

    assert delivery(request).state == "done"


def test_it_needs_the_tenants_domain_to_create_a_guest(
    tenant: SimulatorProcess, settings: Settings, with_google: Approve
) -> None:
    settings.ENTRA_TENANT_DOMAIN = ""
    request = with_google()

    attempt(request)

    state, code, explanation = failure(request)
    assert (state, code) == ("queued", "not_configured")
    assert "ENTRA_TENANT_DOMAIN" in explanation


def test_it_refuses_an_internal_persons_address(tenant: SimulatorProcess, with_entra: Approve) -> None:
    request = with_entra(email="boss@fabrikam.onmicrosoft.com")

    attempt(request)

    assert failure(request)[:2] == ("failed", "own_domain")


def test_it_refuses_a_groups_address(tenant: SimulatorProcess, with_entra: Approve) -> None:
    tenant.post("groups", {"displayName": "Sales", "mail": "sales@fabrikam.example"})
    request = with_entra(email="sales@fabrikam.example")

    attempt(request)

    assert failure(request)[:2] == ("failed", "group_address")


def test_it_reports_that_it_was_given_up(with_google: Approve) -> None:
    request = with_google()
    entry = OutboxEntry.objects.get(request=request, kind="guest.provision")

    give_up(entry, "graph_unavailable", "Microsoft Graph is out of order.")
    give_up(entry, "another", "Ignored.")

    state, code, explanation = failure(request)
    assert (state, code) == ("failed", "graph_unavailable")
    assert explanation.startswith("Microsoft Graph is out of order. Foyer has stopped trying")


def test_it_has_words_for_a_bug_too(with_google: Approve) -> None:
    request = with_google()
    entry = OutboxEntry.objects.get(request=request, kind="guest.provision")

    give_up(entry, "internal_error", "")

    assert failure(request)[2].startswith("Something in Foyer itself went wrong")


def test_it_is_worked_on_by_the_outbox(tenant: SimulatorProcess, with_google: Approve) -> None:
    request = with_google()
    OutboxEntry.objects.exclude(kind="guest.provision").update(state=OutboxEntry.State.CANCELLED)
    tenant.fault("throttle", count=1, value=0)

    assert outbox.drain(1) == 1
    entry = OutboxEntry.objects.get(request=request, kind="guest.provision")
    assert (entry.state, entry.code) == ("queued", "throttled")
    assert outbox.drain(1) == 1

    assert delivery(request).state == "done"
    assert len(guests(tenant)) == 1


def test_it_logs_ids_and_codes_only(tenant: SimulatorProcess, with_google: Approve, log_lines: io.StringIO) -> None:
    tenant.fault("lost_answer", count=1, match="POST /v1.0/groups")
    request = with_google(email="secret.person@fabrikam.example", displayName="Secret Person", jobTitle="Spy")

    attempt(request)
    attempt(request, attempts=2)

    logged = log_lines.getvalue()
    assert logged.count("graph_call") == 5
    assert '"client_request_id"' in logged
    assert '"request_id"' in logged
    for hidden in ("secret", "Secret", "Spy", "108204268033311374519", "Bearer", "eyJ", tenant.client_secret):
        assert hidden not in logged, hidden
