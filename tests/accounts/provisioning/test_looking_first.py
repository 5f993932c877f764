"""Whoever is in the directory already: the applicant, an earlier attempt's guest, or somebody else."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import GuestAccount
from accounts.provisioning.case import open_case
from accounts.provisioning.making import find_or_make
from approvals import workflow
from tests.accounts.provisioning.conftest import Approve
from tests.accounts.provisioning.steps import (
    attempt,
    calls,
    delivery,
    failure,
    guests,
    let_time_pass,
    mails_due,
    the_guest,
)
from tests.simulator_process import SimulatorProcess

ADDRESS = "john.smith@fabrikam.example"
GOOGLE = {"signInType": "federated", "issuer": "google.com", "issuerAssignedId": "108204268033311374519"}
FACEBOOK = {"signInType": "federated", "issuer": "facebook.com", "issuerAssignedId": "0123456789"}
ENTRA = {"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None}
PENDING = {"externalUserState": "PendingAcceptance", "identities": [ENTRA]}
TAKEN_NAME = "john.smith_fabrikam.example#EXT#@fabrikam.onmicrosoft.com"


def put(tenant: SimulatorProcess, **user: Any) -> str:
    """Put somebody into the directory; the object id."""
    [made] = tenant.post("users", {"mail": ADDRESS, **user})
    return str(made["id"])


def test_it_adopts_a_guest_with_the_same_identity(tenant: SimulatorProcess, with_google: Approve) -> None:
    existing = put(tenant, mail="another@fabrikam.example", identities=[FACEBOOK, GOOGLE])
    request = with_google(jobTitle="Buyer")

    attempt(request)

    guest = the_guest(tenant)
    assert (guest["id"], guest["jobTitle"], guest["mail"]) == (existing, "Buyer", "another@fabrikam.example")
    assert (delivery(request).made, delivery(request).guest_id) == ("adopted", existing)
    assert mails_due(request) == ["mail.approved"]


@pytest.mark.parametrize(
    "address", [{"mail": "John.Smith@FABRIKAM.example"}, {"mail": "x@y.example", "otherMails": [ADDRESS]}]
)
def test_it_adopts_an_accepted_guest_with_the_address_of_someone_to_be_invited(
    tenant: SimulatorProcess, with_entra: Approve, address: dict[str, Any]
) -> None:
    existing = put(tenant, externalUserState="Accepted", identities=[ENTRA], **address)
    request = with_entra()

    attempt(request)

    assert (delivery(request).made, delivery(request).guest_id) == ("adopted", existing)
    assert "POST invitations" not in calls(tenant)


def test_it_gets_the_link_of_a_guest_who_was_invited_before(tenant: SimulatorProcess, with_entra: Approve) -> None:
    existing = put(tenant, externalUserState="PendingAcceptance", creationType="Invitation")
    request = with_entra()

    attempt(request)

    done = delivery(request)
    assert (done.made, done.guest_id) == ("adopted", existing)
    assert "/redeem/" in done.redeem_url
    assert tenant.mails() == []
    assert len(guests(tenant)) == 1


@pytest.mark.parametrize("applicant", ["with_google", "with_entra"])
def test_it_does_not_take_an_internal_account_for_the_applicant(
    tenant: SimulatorProcess, applicant: str, request: pytest.FixtureRequest
) -> None:
    put(tenant, userType="Member")
    asked = request.getfixturevalue(applicant)()

    assert attempt(asked) is None

    state, code, explanation = failure(asked)
    assert (state, code) == ("failed", "internal_account")
    assert "internal account" in explanation
    assert len(guests(tenant)) == 1


@pytest.mark.parametrize("applicant", ["with_google", "with_entra"])
def test_it_does_not_take_a_guest_with_another_identity_for_the_applicant(
    tenant: SimulatorProcess, applicant: str, request: pytest.FixtureRequest
) -> None:
    put(tenant, identities=[FACEBOOK], displayName="Somebody else")
    asked = request.getfixturevalue(applicant)(displayName="John Smith")

    assert attempt(asked) is None

    assert failure(asked)[:2] == ("failed", "another_guest")
    assert the_guest(tenant)["displayName"] == "Somebody else"


@pytest.mark.parametrize(("applicant", "identities"), [("with_google", [GOOGLE]), ("with_entra", [])])
def test_it_says_that_the_guest_is_blocked(
    tenant: SimulatorProcess, applicant: str, identities: list[dict[str, str]], request: pytest.FixtureRequest
) -> None:
    put(tenant, accountEnabled=False, identities=identities)
    asked = request.getfixturevalue(applicant)()

    assert attempt(asked) is None

    state, code, explanation = failure(asked)
    assert (state, code) == ("failed", "account_blocked")
    assert "Unblock" in explanation


@pytest.mark.parametrize(("applicant", "identities"), [("with_google", [GOOGLE]), ("with_entra", [])])
def test_it_says_that_a_deleted_guest_holds_the_address(
    tenant: SimulatorProcess, applicant: str, identities: list[dict[str, str]], request: pytest.FixtureRequest
) -> None:
    put(tenant, identities=identities, deletedDateTime="2026-11-01T00:00:00Z")
    asked = request.getfixturevalue(applicant)()

    assert attempt(asked) is None

    state, code, explanation = failure(asked)
    assert (state, code) == ("failed", "guest_deleted")
    assert "restore it or delete it permanently" in explanation
    assert guests(tenant) == []


def test_it_says_that_a_deleted_guest_holds_the_identity(tenant: SimulatorProcess, with_google: Approve) -> None:
    put(tenant, mail="old@fabrikam.example", identities=[GOOGLE], deletedDateTime="2026-11-01T00:00:00Z")
    request = with_google()

    attempt(request)

    assert failure(request)[:2] == ("failed", "guest_deleted")


def test_it_goes_on_when_the_cause_is_gone_and_somebody_retries(tenant: SimulatorProcess, with_google: Approve) -> None:
    deleted = put(tenant, identities=[GOOGLE], deletedDateTime="2026-11-01T00:00:00Z")
    request = with_google()
    attempt(request)
    tenant.post("users", {"id": deleted, "mail": ADDRESS, "identities": [GOOGLE]})

    workflow.retry_delivery(request.pk, actor=None)
    attempt(request)

    assert (delivery(request).state, delivery(request).made) == ("done", "adopted")


def test_it_waits_for_a_guest_that_a_conflict_names_and_no_list_shows(
    tenant: SimulatorProcess, with_google: Approve
) -> None:
    tenant.fault("replication_lag", count=1, value=3600)
    request = with_google()
    tenant.fault("lost_answer", count=1, match="POST /v1.0/users")
    first = attempt(request)

    second = attempt(request, attempts=2)

    assert first is not None
    assert second is not None
    assert (first.code, second.code) == ("no_answer", "not_visible_yet")
    assert delivery(request).state == "queued"
    assert len(guests(tenant)) == 1


def test_it_tells_the_administrator_when_nobody_shows_who_holds_the_address(
    tenant: SimulatorProcess, with_google: Approve
) -> None:
    tenant.fault("replication_lag", count=1, value=3600)
    put(tenant)
    request = with_google()
    attempt(request)
    let_time_pass(request, 121)

    attempt(request, attempts=8)

    state, code, explanation = failure(request)
    assert (state, code) == ("failed", "address_taken")
    assert "a group, a contact" in explanation


def test_it_does_not_take_somebody_elses_guest_for_its_own(tenant: SimulatorProcess, with_google: Approve) -> None:
    """A refused attempt leaves no mark: a guest that another makes meanwhile is adopted, not created."""
    request = with_google()
    tenant.fault("throttle", count=1, match="POST /v1.0/users", value=0)
    attempt(request)
    assert GuestAccount.objects.get(request=request).asked_at is None
    put(tenant, identities=[GOOGLE])

    attempt(request, attempts=2)

    assert delivery(request).made == "adopted"


@pytest.mark.parametrize(
    ("approve", "made", "user"),
    [("with_google", "created", {"identities": [GOOGLE]}), ("with_entra", "invited", PENDING)],
    ids=["created", "invited"],
)
def test_it_knows_the_guest_that_another_worker_has_just_made(
    tenant: SimulatorProcess, request: pytest.FixtureRequest, approve: str, made: str, user: dict[str, Any]
) -> None:
    approved = request.getfixturevalue(approve)()
    faster, slower = open_case(approved, 1), open_case(approved, 1)
    with faster.asking():
        put(tenant, **user)

    # The faster one has not written down yet who it is.
    find_or_make(slower)

    assert slower.account.made == made
