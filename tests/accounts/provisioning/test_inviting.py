"""Entra and Microsoft accounts: POST /invitations, then PATCH."""

from __future__ import annotations

import pytest

from approvals.models import UserFlow
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
from tests.factories import make_identity
from tests.simulator_process import SimulatorProcess

ADDRESS = "john.smith@fabrikam.example"


def test_it_invites_and_then_sets_the_attributes(tenant: SimulatorProcess, with_entra: Approve) -> None:
    team_size = f"extension_{tenant.extensions_app_id}_TeamSize"
    request = with_entra(jobTitle="Buyer", **{team_size: 7})

    assert attempt(request) is None

    guest = the_guest(tenant)
    assert (guest["mail"], guest["creationType"]) == (ADDRESS, "Invitation")
    assert (guest["displayName"], guest["givenName"], guest["jobTitle"]) == ("John Smith", "John", "Buyer")
    assert guest[team_size] == 7
    done = delivery(request)
    assert (done.state, done.made, done.guest_id) == ("done", "invited", guest["id"])
    assert done.redeem_url.startswith(f"{tenant.pages_url}/redeem/")


def test_it_makes_no_call_more_than_it_needs(tenant: SimulatorProcess, flow: UserFlow, with_entra: Approve) -> None:
    flow.group_ids = [GROUP]
    flow.save(update_fields=["group_ids"])

    attempt(with_entra())

    assert calls(tenant) == [
        "GET users",
        "POST invitations",
        "PATCH users/{id}",
        "POST groups/{id}/members/$ref",
        "GET users/{id}",
    ]


def test_it_lets_foyer_write_the_mail(tenant: SimulatorProcess, with_entra: Approve) -> None:
    request = with_entra()

    attempt(request)

    assert tenant.mails() == []
    assert mails_due(request) == ["mail.approved"]


def test_it_lets_entra_write_the_mail_when_the_flow_says_so(
    tenant: SimulatorProcess, flow: UserFlow, with_entra: Approve
) -> None:
    flow.invitation_mail = UserFlow.InvitationMail.ENTRA
    flow.save(update_fields=["invitation_mail"])
    request = with_entra(locales=("es-MX",))

    attempt(request)

    [mail] = tenant.mails(ADDRESS)
    assert mail["headers"]["Content-Language"] == "es"
    assert mails_due(request) == []


def test_it_invites_someone_whose_identity_graph_cannot_create(tenant: SimulatorProcess, with_entra: Approve) -> None:
    request = with_entra(identities=(make_identity("login.live.com", "0003"),))

    attempt(request)

    assert delivery(request).made == "invited"


def test_it_invites_an_address_with_an_apostrophe(tenant: SimulatorProcess, with_entra: Approve) -> None:
    request = with_entra(email="o'brien@fabrikam.example")

    attempt(request)

    assert the_guest(tenant)["mail"] == "o'brien@fabrikam.example"


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("john+news@fabrikam.example", "+"),
        ("john&jane@fabrikam.example", "&"),
        ("jérome@fabrikam.example", "é"),
        (".john@fabrikam.example", "."),
        ("john-@fabrikam.example", "-"),
    ],
)
def test_it_says_which_character_keeps_an_address_from_being_invited(
    tenant: SimulatorProcess, with_entra: Approve, address: str, named: str
) -> None:
    request = with_entra(email=address)

    assert attempt(request) is None

    state, code, explanation = failure(request)
    assert (state, code) == ("failed", "address_not_invitable")
    assert f"“{named}”" in explanation
    assert address not in explanation
    assert calls(tenant) == ["GET users"]


def test_it_waits_before_a_second_invitation_that_could_mean_a_second_mail(
    tenant: SimulatorProcess, flow: UserFlow, with_entra: Approve
) -> None:
    flow.invitation_mail = UserFlow.InvitationMail.ENTRA
    flow.save(update_fields=["invitation_mail"])
    request = with_entra()
    # A gateway's error leaves open whether the invitation was made, and the list may lag.
    tenant.fault("unavailable", count=1, match="POST /v1.0/invitations", value=502)

    first, second = attempt(request), attempt(request, attempts=2)

    assert first is not None
    assert second is not None
    assert (first.code, second.code) == ("graph_unavailable", "not_visible_yet")
    assert second.delay in (1, 2, 4, 8)
    assert seconds_until_next_try(request) <= 8
    assert calls(tenant).count("POST invitations") == 1
    let_time_pass(request, 121)
    assert attempt(request, attempts=3) is None
    assert len(tenant.mails(ADDRESS)) == 1
    assert delivery(request).state == "done"


def test_it_invites_again_at_once_when_a_second_invitation_mails_nobody(
    tenant: SimulatorProcess, with_entra: Approve
) -> None:
    request = with_entra()
    tenant.fault("unavailable", count=1, match="POST /v1.0/invitations", value=503)

    attempt(request)
    attempt(request, attempts=2)

    assert delivery(request).state == "done"
    assert len(guests(tenant)) == 1
    assert mails_due(request) == ["mail.approved"]
