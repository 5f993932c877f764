"""Google, Facebook and one-time passcode: POST /users."""

from __future__ import annotations

import re

import pytest

from accounts.models import GuestAccount
from approvals import workflow
from approvals.models import Delivery, UserFlow
from tests.accounts.provisioning.conftest import GROUP, OTHER_GROUP, Approve
from tests.accounts.provisioning.steps import attempt, calls, delivery, failure, guests, mails_due, the_guest
from tests.factories import make_identity
from tests.simulator_process import SimulatorProcess


def test_it_creates_a_guest_with_the_identity_and_the_attributes(
    tenant: SimulatorProcess, with_google: Approve
) -> None:
    extension = f"extension_{tenant.extensions_app_id}_"
    custom = {f"{extension}Justification": "Supplier", f"{extension}TeamSize": 7, f"{extension}AgreedToTerms": True}
    request = with_google(email="John.Smith@Outlook.example", jobTitle="Buyer", city="Redmond", **custom)

    assert attempt(request) is None

    guest = the_guest(tenant)
    assert guest["mail"] == "John.Smith@Outlook.example"
    assert guest["userPrincipalName"] == "john.smith_outlook.example#EXT#@fabrikam.onmicrosoft.com"
    assert guest["userType"] == "Guest"
    assert guest["identities"][-1] == {
        "signInType": "federated",
        "issuer": "google.com",
        "issuerAssignedId": "108204268033311374519",
    }
    assert (guest["displayName"], guest["jobTitle"], guest["city"]) == ("John Smith", "Buyer", "Redmond")
    assert guest["preferredLanguage"] == "en-US"
    assert {name: guest[name] for name in custom} == custom
    done = delivery(request)
    assert (done.state, done.stage, done.made, done.guest_id) == ("done", "finished", "created", guest["id"])
    assert done.redeem_url == ""
    assert mails_due(request) == ["mail.approved"]


@pytest.mark.parametrize(
    ("issuer", "assigned", "sent"),
    [
        ("google", "108", "google.com"),
        ("Google.com", "108", "google.com"),
        ("facebook", "0123456789", "facebook.com"),
        ("facebook.com", "0123456789", "facebook.com"),
        ("mail", "john.smith@fabrikam.example", "mail"),
    ],
)
def test_it_spells_the_issuer_as_graph_does(
    tenant: SimulatorProcess, with_google: Approve, issuer: str, assigned: str, sent: str
) -> None:
    request = with_google(identities=(make_identity(issuer, assigned),))

    attempt(request)

    identity = the_guest(tenant)["identities"][-1]
    assert (identity["issuer"], identity["issuerAssignedId"]) == (sent, assigned)


@pytest.mark.parametrize(
    "address",
    [
        "john+news@fabrikam.example",
        "o'brien@fabrikam.example",
        "a" * 50 + "@subsidiary.fabrikam.example",
        "first/last=x@fabrikam.example",
        "john_fabrikam.com#EXT#@contoso.onmicrosoft.com",
        ".dot.@fabrikam.example",
    ],
)
def test_it_makes_a_principal_name_of_an_unusual_address(
    tenant: SimulatorProcess, with_google: Approve, address: str
) -> None:
    request = with_google(email=address)

    attempt(request)

    guest = the_guest(tenant)
    assert guest["mail"] == address
    assert re.fullmatch(r"[A-Za-z0-9'.\-_]{1,59}#EXT#@fabrikam\.onmicrosoft\.com", guest["userPrincipalName"])
    assert delivery(request).state == "done"


def test_it_says_that_the_directory_takes_no_accents_in_an_address(
    tenant: SimulatorProcess, with_google: Approve
) -> None:
    request = with_google(email="jérôme@fabrikam.example")

    assert attempt(request) is None

    state, code, explanation = failure(request)
    assert (state, code) == ("failed", "address_not_usable")
    assert "another address" in explanation
    assert "jérôme" not in explanation
    assert guests(tenant) == []


def test_it_gives_two_guests_two_names_when_their_addresses_look_alike(
    tenant: SimulatorProcess, with_google: Approve
) -> None:
    for number, address in enumerate(["a+b@fabrikam.example", "a_b@fabrikam.example", "a/b@fabrikam.example"]):
        attempt(with_google(email=address, identities=(make_identity("google.com", f"10{number}"),)))

    names = {guest["userPrincipalName"] for guest in guests(tenant)}
    assert len(names) == 3
    assert "a_b_fabrikam.example#EXT#@fabrikam.onmicrosoft.com" in names


def test_it_takes_another_name_when_somebody_else_has_the_usual_one(
    tenant: SimulatorProcess, with_google: Approve
) -> None:
    taken = "john.smith_fabrikam.example#EXT#@fabrikam.onmicrosoft.com"
    tenant.post("users", {"userPrincipalName": taken, "userType": "Member"})
    request = with_google()

    attempt(request)

    [guest] = [each for each in guests(tenant) if each["mail"]]
    assert guest["userPrincipalName"] != taken
    assert guest["userPrincipalName"].startswith("john.smith_fabrikam.example_")
    assert delivery(request).state == "done"


def test_it_puts_the_guest_into_the_groups_of_the_flow(
    tenant: SimulatorProcess, flow: UserFlow, with_google: Approve
) -> None:
    flow.group_ids = [GROUP, OTHER_GROUP]
    flow.save(update_fields=["group_ids"])
    request = with_google()

    attempt(request)

    assert the_guest(tenant)["groups"] == [GROUP, OTHER_GROUP]
    assert GuestAccount.objects.get(request=request).groups_joined == [GROUP, OTHER_GROUP]


def test_it_makes_no_call_more_than_it_needs(tenant: SimulatorProcess, flow: UserFlow, with_google: Approve) -> None:
    flow.group_ids = [GROUP]
    flow.save(update_fields=["group_ids"])

    attempt(with_google())

    assert calls(tenant) == [
        "GET users",
        "GET users",
        "POST users",
        "POST groups/{id}/members/$ref",
        "GET users/{id}",
    ]


def test_it_does_nothing_the_second_time(tenant: SimulatorProcess, with_google: Approve) -> None:
    request = with_google()
    attempt(request)
    before = calls(tenant)

    attempt(request)

    assert calls(tenant) == before
    assert mails_due(request) == ["mail.approved"]


@pytest.mark.parametrize("after", ["failed", "provisioned", "opened again", "denied after all"])
def test_it_leaves_a_request_alone_that_is_not_to_be_delivered(
    tenant: SimulatorProcess, with_google: Approve, after: str
) -> None:
    request = with_google()
    if after == "provisioned":
        workflow.record_provisioned(request.pk, guest_id="1", made=Delivery.Made.CREATED)
    else:
        workflow.record_failed(request.pk, code="some", explanation="")
    if after in ("opened again", "denied after all"):
        workflow.reopen(request.pk, actor=None)
    if after == "denied after all":
        workflow.deny(request.pk, actor=None)

    assert attempt(request) is None

    assert calls(tenant) == []
    assert not GuestAccount.objects.exists()
