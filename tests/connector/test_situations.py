"""Each situation that an applicant may be in, at both steps, over HTTP."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from jsonschema import Draft202012Validator

from accounts.models import User
from approvals import workflow
from approvals.models import Delivery, SignUpRequest, UserFlow
from tests.connector.conftest import CLAIMS, Entra

SCHEMAS = json.loads((Path(__file__).parents[2] / "simulator/contracts/contract-schemas.json").read_text())["$defs"]


def is_block_page(told: dict[str, Any], *words: str) -> bool:
    """Whether it is a valid block page that has all the words."""
    Draft202012Validator(SCHEMAS["apiConnectorBlock"]).validate(told)
    return all(word in told["userMessage"] for word in words) and len(told["userMessage"]) <= 300


def is_continue(told: dict[str, Any]) -> bool:
    """Whether it is a valid Continue."""
    Draft202012Validator(SCHEMAS["apiConnectorContinue"]).validate(told)
    return True


def asked(entra: Entra) -> SignUpRequest:
    """The request of somebody who has just submitted."""
    entra.submit()
    return SignUpRequest.objects.get()


def test_never_asked(entra: Entra) -> None:
    assert is_continue(entra.check_status())
    assert not SignUpRequest.objects.exists()
    told = entra.submit()
    request = SignUpRequest.objects.get()
    assert is_block_page(told, request.reference, "access@contoso.example")
    assert (request.status, request.email) == ("pending", CLAIMS["email"])


def test_pending(entra: Entra) -> None:
    request = asked(entra)
    for told in (entra.check_status(), entra.submit(), entra.submit()):
        assert is_block_page(told, request.reference)
    assert SignUpRequest.objects.count() == 1


def test_pending_says_since_when(entra: Entra) -> None:
    with time_machine.travel("2026-03-05T10:00:00Z"):
        asked(entra)
    assert is_block_page(entra.check_status(), "5 March 2026")
    assert is_block_page(entra.check_status({**CLAIMS, "ui_locales": "de-DE"}), "5. März 2026")


def test_denied(entra: Entra, anna: User) -> None:
    workflow.deny(asked(entra).pk, actor=anna, reason="We have no contract with you.", note="Looks forged.")
    for told in (entra.check_status(), entra.submit()):
        assert is_block_page(told, "We have no contract with you.")
        assert "forged" not in told["userMessage"]
    assert SignUpRequest.objects.count() == 1


def test_denied_and_allowed_to_ask_again(entra: Entra, anna: User) -> None:
    UserFlow.objects.update(reapply_after_days=7)
    denied = workflow.deny(asked(entra).pk, actor=anna)
    assert is_block_page(entra.check_status())
    with time_machine.travel(timezone.now() + timedelta(days=7, seconds=1)):
        assert is_continue(entra.check_status())
        told = entra.submit()
    newer = SignUpRequest.objects.exclude(pk=denied.pk).get()
    assert is_block_page(told, newer.reference)
    assert newer.previous == denied


@pytest.mark.parametrize("failed", [False, True])
def test_approved_and_not_made_yet(failed: bool, entra: Entra, anna: User) -> None:
    request = workflow.approve(asked(entra).pk, actor=anna)
    if failed:
        workflow.record_failed(request.pk, code="x", explanation="The tenant forbids invitations.")
    for told in (entra.check_status(), entra.submit()):
        assert is_block_page(told, request.reference)
        assert "forbids" not in told["userMessage"]
    assert SignUpRequest.objects.count() == 1


def test_provisioned_and_here_again(entra: Entra, anna: User) -> None:
    request = workflow.approve(asked(entra).pk, actor=anna)
    workflow.record_provisioned(request.pk, guest_id="9d1c", made=Delivery.Made.CREATED)
    assert is_continue(entra.check_status())
    told = entra.submit()
    newer = SignUpRequest.objects.exclude(pk=request.pk).get()
    assert is_block_page(told, newer.reference)
    assert newer.previous == request


def test_approved_in_a_flow_where_entra_makes_the_guest(entra: Entra, anna: User) -> None:
    UserFlow.objects.update(provisioning="on_return")
    request = workflow.approve(asked(entra).pk, actor=anna)
    for _again in range(2):
        assert is_continue(entra.check_status())
        assert is_continue(entra.submit())
    request.refresh_from_db()
    assert request.delivery.state == "done"
    assert SignUpRequest.objects.count() == 1


@pytest.mark.parametrize("status", ["expired", "withdrawn"])
def test_a_request_that_ended_without_an_answer_does_not_stand_in_the_way(status: str, entra: Entra) -> None:
    ended = asked(entra)
    now = timezone.now()
    SignUpRequest.objects.update(status=status, decided_at=now, closed_at=now)
    assert is_continue(entra.check_status())
    entra.submit()
    assert SignUpRequest.objects.exclude(pk=ended.pk).get().previous == ended


def test_the_samples_addresses_serve_the_default_flow(entra: Entra) -> None:
    assert is_continue(json.loads(entra.post("/api/approvals/checkstatus").content))
    entra.post("/api/approvals/submit")
    assert SignUpRequest.objects.get().flow.slug == entra.slug


def test_the_first_step_calls_the_surname_last_name(entra: Entra) -> None:
    claims = {"email": "a@b.example", "lastName": "Smith", "givenName": "John"}
    entra.submit(claims)
    assert SignUpRequest.objects.get().attributes == {"surname": "Smith", "givenName": "John"}


@pytest.mark.parametrize(
    ("ui_locales", "language"),
    [
        ("es-MX", "es"),
        ("pt-BR fr", "pt"),
        ("xx,nl-NL", "nl"),
        ("de_AT", "de"),
        ("ja-JP", "en"),
        (None, "en"),
        (7, "en"),
    ],
)
def test_it_speaks_the_applicants_language(ui_locales: Any, language: str, entra: Entra) -> None:
    entra.submit({**CLAIMS, "ui_locales": ui_locales})
    assert SignUpRequest.objects.get().language == language


def test_the_flows_own_text_wins(entra: Entra) -> None:
    UserFlow.objects.update(texts={"en": {"recorded": "Hello! We call you. Ask for {reference}."}})
    told = entra.submit()
    assert told["userMessage"] == f"Hello! We call you. Ask for {SignUpRequest.objects.get().reference}."


EXAMPLES = [
    {
        "email": "johnsmith@fabrikam.onmicrosoft.com",
        "identities": [{"signInType": "federated", "issuer": "facebook.com", "issuerAssignedId": "0123456789"}],
        "displayName": "John Smith",
        "givenName": "John",
        "lastName": "Smith",
        "ui_locales": "en-US",
    },
    {
        "email": "johnsmith@fabrikam.onmicrosoft.com",
        "identities": [{"signInType": "federated", "issuer": "facebook.com", "issuerAssignedId": "0123456789"}],
        "displayName": "John Smith",
        "givenName": "John",
        "surname": "Smith",
        "jobTitle": "Supplier",
        "streetAddress": "1000 Microsoft Way",
        "city": "Seattle",
        "postalCode": "12345",
        "state": "Washington",
        "country": "United States",
        "extension_0123456789abcdef0123456789abcdef_CustomAttribute1": "custom attribute value",
        "extension_0123456789abcdef0123456789abcdef_Age": 42,
        "extension_0123456789abcdef0123456789abcdef_Newsletter": False,
        "ui_locales": "en-US",
    },
    {
        "email": "larissa@contoso.example",
        "identities": [{"signInType": "federated", "issuer": "mail", "issuerAssignedId": "larissa@contoso.example"}],
    },
    {"email": "only@contoso.example"},
]


@pytest.mark.parametrize("claims", EXAMPLES)
def test_the_documented_bodies_are_recorded_as_received(claims: dict[str, Any], entra: Entra) -> None:
    assert is_continue(entra.check_status(claims))
    assert is_block_page(entra.submit(claims))
    request = SignUpRequest.objects.get()
    assert request.claims == claims
    kept = {name: value for name, value in claims.items() if name.startswith("extension_")}
    assert {name: value for name, value in request.attributes.items() if name.startswith("extension_")} == kept
    assert [identity["issuer_assigned_id"] for identity in request.identities] == [
        identity["issuerAssignedId"] for identity in claims.get("identities", [])
    ]
