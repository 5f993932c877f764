"""Everything that a look may find, in a running tenant, and the sentence that a reviewer reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from accounts import forecasting
from accounts.graph import tokens
from accounts.models import User
from approvals.errors import Later
from approvals.forecasts import Code, Tone
from approvals.models import Delivery, Forecast, OutboxEntry, UserFlow
from approvals.workflow import approve, deny, look_again, record_standstill
from tests.accounts.forecasting.looking import (
    ADDRESS,
    ENTRA,
    FACEBOOK,
    GOOGLE,
    ask,
    calls,
    entry_of,
    found,
    look,
    look_anew,
    put,
    told,
)
from tests.factories import make_flow
from tests.simulator_process import SimulatorProcess, start_simulator

GROUP = "7d0c2f6e-1f5b-4c7e-9a54-6f6a0f3b9d11"
SINCE = "2026-05-03T10:00:00Z"


def test_it_will_invite(tenant: SimulatorProcess, flow: UserFlow) -> None:
    request = ask(flow, provider="entra")

    assert look(request) is None

    assert found(request) == ("will_invite", {"policy": "allowed"})
    assert (told(request).tone, told(request).advice) == (Tone.GOOD, "")
    assert told(request).sentence == f"Approving will invite {ADDRESS} as a guest."


@pytest.mark.parametrize(
    ("provider", "words"),
    [("google", "Google"), ("facebook", "Facebook"), ("mail", "a one-time passcode by email")],
)
def test_it_will_create(tenant: SimulatorProcess, flow: UserFlow, provider: str, words: str) -> None:
    request = ask(flow, provider=provider)

    look(request)

    assert found(request) == ("will_create", {"provider": provider})
    assert told(request).sentence == f"Approving will create a guest who signs in with {words}."
    assert told(request).tone == Tone.GOOD


@pytest.mark.parametrize(("provider", "identities"), [("google", [GOOGLE]), ("entra", [ENTRA])])
@pytest.mark.parametrize(
    ("groups", "words"), [([], "approving updates the account."), ([GROUP], "and adds the groups.")]
)
def test_it_is_a_guest_already(
    tenant: SimulatorProcess, flow: UserFlow, provider: str, identities: list[Any], groups: list[str], words: str
) -> None:
    flow.group_ids = groups
    flow.save()
    guest = put(tenant, identities=identities, externalUserState="Accepted", createdDateTime=SINCE)
    request = ask(flow, provider=provider)

    look(request)

    code, facts = found(request)
    assert (code, facts["guest_id"], facts["pending"]) == ("already_guest", guest, False)
    assert told(request).sentence.startswith("This person is already a guest since 3 May 2026; ")
    assert told(request).sentence.endswith(words)
    assert told(request).tone == Tone.ATTENTION


def test_it_was_invited_before(tenant: SimulatorProcess, flow: UserFlow) -> None:
    put(tenant, externalUserState="PendingAcceptance", creationType="Invitation", createdDateTime=SINCE)
    request = ask(flow, provider="entra")

    look(request)

    assert found(request)[1]["pending"] is True
    assert told(request).sentence == (
        "This person was invited on 3 May 2026 and has not accepted yet; approving sends them a new link."
    )


@pytest.mark.parametrize("provider", ["google", "entra"])
def test_it_is_a_member_of_the_tenant(tenant: SimulatorProcess, flow: UserFlow, provider: str) -> None:
    put(tenant, userType="Member")
    request = ask(flow, provider=provider)

    look(request)

    assert found(request) == ("member_of_tenant", {})
    assert told(request).tone == Tone.BLOCKED
    assert "internal account" in told(request).sentence
    assert "access to the application" in told(request).advice


@pytest.mark.parametrize(("provider", "identities"), [("google", [GOOGLE]), ("entra", [])])
def test_it_is_a_blocked_guest(tenant: SimulatorProcess, flow: UserFlow, provider: str, identities: list[Any]) -> None:
    put(tenant, accountEnabled=False, identities=identities)
    request = ask(flow, provider=provider)

    look(request)

    assert found(request) == ("guest_blocked", {})
    assert "Unblock" in told(request).advice


@pytest.mark.parametrize("provider", ["google", "entra"])
def test_somebody_else_has_the_address(tenant: SimulatorProcess, flow: UserFlow, provider: str) -> None:
    put(tenant, identities=[FACEBOOK])
    request = ask(flow, provider=provider)

    look(request)

    assert found(request) == ("address_taken", {})
    assert "another identity" in told(request).sentence


@pytest.mark.parametrize(("provider", "identities"), [("google", [GOOGLE]), ("entra", [])])
def test_a_deleted_guest_blocks_the_address(
    tenant: SimulatorProcess, flow: UserFlow, provider: str, identities: list[Any]
) -> None:
    deleted = put(tenant, identities=identities, deletedDateTime=SINCE)
    request = ask(flow, provider=provider)

    look(request)

    code, facts = found(request)
    assert (code, facts["guest_id"]) == ("deleted_guest_blocks", deleted)
    assert told(request).sentence == "A deleted guest blocks this address until it is restored or removed for good."
    assert told(request).advice.endswith("Entra removes it by itself on 2 June 2026.")


def test_a_deleted_internal_account_blocks_the_address(tenant: SimulatorProcess, flow: UserFlow) -> None:
    put(tenant, userType="Member", deletedDateTime=SINCE)
    request = ask(flow)

    look(request)

    assert told(request).sentence == "A deleted internal account blocks this address until it is removed for good."


@pytest.mark.parametrize(
    ("provider", "email", "code", "words"),
    [
        ("entra", "john+news@fabrikam.example", "cannot_invite_plus", "it has a plus sign"),
        ("entra", "john!+@fabrikam.example", "cannot_invite", "“!+”"),
        ("entra", ".john@fabrikam.example", "cannot_invite", "“.”"),
        ("entra", "jöhn@fabrikam.example", "cannot_invite", "“ö”"),
        ("google", "jöhn@fabrikam.example", "cannot_create", "characters outside ASCII"),
    ],
)
def test_the_address_cannot_be_used(
    tenant: SimulatorProcess, flow: UserFlow, provider: str, email: str, code: str, words: str
) -> None:
    request = ask(flow, provider=provider, email=email)

    look(request)

    assert found(request)[0] == code
    assert words in told(request).sentence
    assert "another address" in told(request).advice


def test_a_plus_sign_keeps_nobody_from_being_created(tenant: SimulatorProcess, flow: UserFlow) -> None:
    request = ask(flow, email="john+news@fabrikam.example")

    look(request)

    assert found(request)[0] == "will_create"


def test_the_domain_is_the_tenants_own(tenant: SimulatorProcess, flow: UserFlow) -> None:
    request = ask(flow, provider="entra", email=f"john@{tenant.tenant_domain}")

    look(request)

    assert found(request)[0] == "own_domain"


@pytest.mark.parametrize("user", [None, {"externalUserState": "PendingAcceptance"}])
def test_the_tenant_forbids_invitations(tenant: SimulatorProcess, flow: UserFlow, user: dict[str, Any] | None) -> None:
    if user:
        put(tenant, **user)
    tenant.fault("invitations_forbidden")
    request = ask(flow, provider="entra")

    look(request)

    assert found(request)[0] == "invitations_forbidden"
    assert told(request).sentence == "The tenant does not allow invitations."
    assert "External collaboration settings" in told(request).advice


def test_the_tenant_that_forbids_invitations_lets_guests_be_created(tenant: SimulatorProcess, flow: UserFlow) -> None:
    tenant.fault("invitations_forbidden")
    request = ask(flow)

    look(request)

    assert found(request)[0] == "will_create"


@pytest.fixture
def narrow_tenant(tmp_path: Path, tenant: SimulatorProcess, settings: Settings) -> Iterator[SimulatorProcess]:
    """A tenant whose administrator consented to the two permissions that are needed, and to no other."""
    with start_simulator(tmp_path, SIMULATOR_PERMISSIONS="User.Invite.All User.ReadWrite.All") as running:
        settings.ENTRA_LOGIN_URL, settings.GRAPH_URL = running.login_url, running.graph_url
        settings.ENTRA_CA_BUNDLE = str(running.ca_bundle)
        tokens.drop()
        yield running


def test_it_says_what_it_may_not_read(narrow_tenant: SimulatorProcess, flow: UserFlow) -> None:
    request = ask(flow, provider="entra")

    look(request)

    assert found(request) == ("will_invite", {"policy": "unread"})
    assert "Foyer may not read its policy" in told(request).advice
    # A refusal would have cost a new token each time, for everybody.
    assert "GET /v1.0/policies/authorizationPolicy" not in calls(narrow_tenant)


def test_it_learns_from_a_delivery_that_invitations_are_forbidden(
    narrow_tenant: SimulatorProcess, flow: UserFlow
) -> None:
    waiting = ask(flow, provider="entra", email="first@fabrikam.example")
    approve(waiting.pk, actor=None)
    record_standstill(waiting.pk, code="invitations_forbidden", explanation="No.", next_try_at=None)
    request = ask(flow, provider="entra")

    look(request)

    assert found(request)[0] == "invitations_forbidden"
    Delivery.objects.update(code="")
    look_anew(request)
    assert found(request)[0] == "will_invite"


def test_it_asks_nothing_where_entra_makes_the_guest(tenant: SimulatorProcess, db: None) -> None:
    request = ask(make_flow("suppliers", provisioning=UserFlow.Provisioning.ON_RETURN))

    look(request)

    assert found(request) == ("on_return", {})
    assert told(request).sentence == "After an approval, Entra makes the guest when this person signs up again."
    assert not told(request).may_look
    assert calls(tenant) == []


def test_it_forgets_a_look_from_before_the_flow_was_changed(tenant: SimulatorProcess, flow: UserFlow) -> None:
    request = ask(flow)
    look(request)
    UserFlow.objects.update(provisioning=UserFlow.Provisioning.ON_RETURN)
    assert told(request).code == Code.ON_RETURN
    look_anew(request)
    UserFlow.objects.update(provisioning=UserFlow.Provisioning.GRAPH)

    assert (told(request).code, told(request).tone) == ("", Tone.UNKNOWN)


@pytest.mark.parametrize("provider", ["google", "entra"])
def test_it_reads_three_times_at_most_and_writes_never(tenant: SimulatorProcess, flow: UserFlow, provider: str) -> None:
    look(ask(flow, provider=provider))

    asked = calls(tenant)
    assert len(asked) == 3
    assert {call.partition(" ")[0] for call in asked} == {"GET"}
    assert tenant.get("quota")["accepted"] == 0
    assert tenant.users() == []


def test_it_keeps_no_address(tenant: SimulatorProcess, flow: UserFlow, log_lines: Any) -> None:
    put(tenant, externalUserState="Accepted", identities=[ENTRA])
    request = ask(flow, provider="entra")

    look(request)

    assert "fabrikam.example" not in str(found(request))
    said = log_lines.getvalue()
    assert "tenant_looked_into" in said
    assert "john.smith" not in said


@pytest.mark.parametrize("status", ["approved", "denied"])
def test_it_looks_at_nothing_that_is_decided(tenant: SimulatorProcess, flow: UserFlow, status: str) -> None:
    request = ask(flow, status=status)

    assert look(request) is None

    assert calls(tenant) == []
    assert not Forecast.objects.exists()


@pytest.mark.parametrize("verb", [approve, deny])
def test_it_waits_while_a_decision_can_be_undone(
    tenant: SimulatorProcess, flow: UserFlow, settings: Settings, verb: Any
) -> None:
    settings.DECISION_HOLD_SECONDS = 60
    request = ask(flow)
    verb(request.pk, actor=None)

    later = look(request)

    assert isinstance(later, Later)
    assert later.delay is not None
    assert 50 < later.delay <= 60
    assert calls(tenant) == []


def test_it_does_not_look_a_second_time_for_the_same_question(tenant: SimulatorProcess, flow: UserFlow) -> None:
    request = ask(flow)
    look(request)
    asked = len(calls(tenant))

    look(request)

    assert len(calls(tenant)) == asked


def test_it_looks_again_when_somebody_asks(tenant: SimulatorProcess, flow: UserFlow, anna: User) -> None:
    request = ask(flow)
    look(request)
    OutboxEntry.objects.filter(kind="tenant.look").update(state=OutboxEntry.State.DONE)
    Forecast.objects.update(at=timezone.now() - timedelta(minutes=1))
    put(tenant, identities=[GOOGLE])

    look_again(request.pk, actor=anna)
    assert told(request).is_looking
    look(request)

    assert found(request)[0] == "already_guest"
    assert not told(request).is_looking


def test_it_asks_the_database_a_fixed_number_of_times(
    tenant: SimulatorProcess, flow: UserFlow, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    request = ask(flow)
    look(request)
    entry = entry_of(request)
    Forecast.objects.update(asked_at=timezone.now())
    entry = OutboxEntry.objects.select_related("request__flow").get(pk=entry.pk)
    # The forecast, the quota for each of three reads, and keeping what was found: two, within a savepoint.
    with django_assert_max_num_queries(12):
        forecasting.look(entry)


def test_every_code_is_shown_here() -> None:
    """A new code needs a test: this file names each, and test_trouble `unknown`."""
    tested = Path(__file__).read_text() + (Path(__file__).parent / "test_trouble.py").read_text()

    assert [code for code in Code if f'"{code}"' not in tested] == []
