"""What a flow's policy leads to at either step, over HTTP: the answer that Entra gets, and what is recorded."""

from __future__ import annotations

import json
from typing import Any

import pytest

from accounts.models import User
from approvals import workflow
from approvals.models import AuditEvent, Delivery, OutboxEntry, PolicyEvaluation, SignUpRequest, UserFlow
from approvals.policy import in_force, presets
from approvals.policy.versions import current, publish
from connector import by_policy
from connector.responses import Continue
from tests.connector.conftest import CLAIMS, GOOGLE, Entra, answer
from tests.connector.test_situations import is_block_page, is_continue
from tests.factories import make_applicant, make_user

FABRIKAM = {"subject": "email_domain", "test": "one_of", "values": ["fabrikam.onmicrosoft.com"]}
BOTH = ["check_status", "submit"]
Status = SignUpRequest.Status


def rule(name: str, then: Any, *when: Any, **more: Any) -> dict[str, Any]:
    return {"id": name, "name": name.capitalize(), "when": list(when), "then": then, **more}


def in_force_now(flow: UserFlow, *rules: dict[str, Any]) -> None:
    newest = current(flow)
    publish(flow, {"policy": 1, "rules": list(rules)}, base=newest.number if newest else 0, actor=None)


REFUSE = {"refuse": {"text": {"en": "Not from there. {contact}", "de": "Von dort nicht."}}}
APPROVE: dict[str, Any] = {"approve": {}}


def corrected(entra: Entra, body: dict[str, Any]) -> str:
    """The message of a ValidationError."""
    response = entra.call("submit", body)
    told = json.loads(response.content)
    assert (response.status_code, told["status"], told["action"]) == (400, 400, "ValidationError")
    return str(told["userMessage"])


# --- Refuse --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", ["check_status", "submit"])
def test_a_refusal_is_told_and_recorded_with_its_reasons(step: str, flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("outsiders", REFUSE, FABRIKAM, steps=[step]), rule("all", APPROVE))
    told = entra.check_status() if step == "check_status" else entra.submit()
    assert is_block_page(told, "Not from there. access@contoso.example")
    request = SignUpRequest.objects.get()
    assert (request.status, request.decided_by_policy, request.decided_by) == (Status.DENIED, True, None)
    evaluation = request.evaluations.get()
    assert (evaluation.step, evaluation.outcome, evaluation.rule_id) == (step, "refuse", "outsiders")
    assert evaluation.trail[0]["matched"] == "true"
    assert AuditEvent.objects.filter(request=request, action="request.refused_by_policy").count() == 1


def test_a_refusal_speaks_the_applicants_language(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("outsiders", REFUSE, steps=BOTH))
    assert is_block_page(entra.check_status({**CLAIMS, "ui_locales": "de-AT"}), "Von dort nicht.")


def test_a_refusal_beats_an_approval_before_it(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("all", APPROVE), rule("outsiders", REFUSE, FABRIKAM))
    assert is_block_page(entra.submit(), "Not from there.")
    assert SignUpRequest.objects.get().status == Status.DENIED


def test_the_same_person_refused_again_is_the_same_request(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("outsiders", REFUSE))
    assert [is_block_page(entra.submit()) for _again in range(3)] == [True] * 3
    assert SignUpRequest.objects.count() == PolicyEvaluation.objects.count() == 1


def test_a_refusal_binds_nobody_when_the_rule_is_gone(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("outsiders", REFUSE, steps=BOTH))
    assert is_block_page(entra.check_status())
    in_force_now(flow)
    assert is_continue(entra.check_status())
    assert is_block_page(entra.submit(), "waiting for approval")
    newest = SignUpRequest.objects.latest("submitted_at")
    assert newest.status == Status.PENDING
    assert newest.previous == SignUpRequest.objects.earliest("submitted_at")


def test_what_a_person_decided_stands_whatever_the_policy_says(flow: UserFlow, entra: Entra, anna) -> None:
    entra.submit()
    workflow.deny(SignUpRequest.objects.get().pk, actor=anna, reason="No contract.")
    in_force_now(flow, rule("all", APPROVE))
    assert is_block_page(entra.check_status(), "No contract.")
    assert is_block_page(entra.submit(), "No contract.")
    assert SignUpRequest.objects.count() == 1


# --- Correct, set, review ------------------------------------------------------------------------------------


def test_a_value_is_corrected_before_anything_is_recorded(flow: UserFlow, entra: Entra) -> None:
    in_force_now(
        flow,
        rule(
            "short",
            {"correct": {"attribute": "jobTitle", "text": "Longer, please."}},
            {"subject": "claim", "name": "jobTitle", "test": "length", "min": 5, "not": True},
        ),
    )
    assert corrected(entra, {**CLAIMS, "jobTitle": "CEO"}) == "Longer, please."
    assert not SignUpRequest.objects.exists()
    assert is_block_page(entra.submit({**CLAIMS, "jobTitle": "Chief executive"}), "waiting for approval")


def test_a_correction_is_never_asked_for_at_the_first_step(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("short", {"correct": {"attribute": "jobTitle", "text": "Longer, please."}}))
    assert is_continue(entra.check_status())


def test_claims_prefill_the_form(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("country", {"set": {"claim": "country", "value": "Norway"}}, steps=BOTH))
    told = entra.check_status()
    assert is_continue(told)
    assert told["country"] == "Norway"
    assert not SignUpRequest.objects.exists()


def test_claims_are_kept_for_the_guest_that_a_person_approves(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("country", {"set": {"claim": "country", "value": "Norway"}}))
    assert is_block_page(entra.submit({**CLAIMS, "country": "Sweden"}), "waiting for approval")
    request = SignUpRequest.objects.get()
    assert request.attributes["country"] == "Norway"
    assert request.claims["country"] == "Sweden"
    assert request.evaluations.get().claims == {"country": "Norway"}


def test_claims_stay_set_when_the_applicant_sends_other_answers(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("country", {"set": {"claim": "country", "value": "Norway"}}))
    entra.submit()
    assert is_block_page(entra.submit({**CLAIMS, "country": "Sweden", "jobTitle": "Buyer"}), "waiting")
    attributes = SignUpRequest.objects.get().attributes
    assert (attributes["country"], attributes["jobTitle"]) == ("Norway", "Buyer")


def test_a_review_says_why(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("look", {"review": {"reason": "Suppliers are looked at."}}, FABRIKAM), rule("all", APPROVE))
    assert is_block_page(entra.submit(), "waiting for approval")
    evaluation = SignUpRequest.objects.get(status=Status.PENDING).evaluations.get()
    assert (evaluation.outcome, evaluation.rule_id) == ("review", "look")
    assert OutboxEntry.objects.filter(kind="request.announce").count() == 1


def test_a_shadow_records_and_decides_nothing(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("all", APPROVE, shadow=True), rule("none", REFUSE, shadow=True, steps=BOTH))
    assert is_continue(entra.check_status())
    assert is_block_page(entra.submit(), "waiting for approval")
    trail = SignUpRequest.objects.get(status=Status.PENDING).evaluations.get().trail
    assert [(entry["id"], entry["matched"], entry["shadow"]) for entry in trail] == [
        ("all", "true", True),
        ("none", "true", True),
    ]


# --- Approve -------------------------------------------------------------------------------------------------


def test_an_approval_is_recorded_and_entra_goes_on(flow: UserFlow, entra: Entra) -> None:
    in_force_now(
        flow,
        rule("partners", APPROVE, FABRIKAM),
        rule("country", {"set": {"claim": "country", "value": "Norway"}}),
    )
    told = entra.submit()
    assert is_continue(told)
    assert told["country"] == "Norway"
    request = SignUpRequest.objects.get()
    assert (request.status, request.decided_by_policy, request.decided_by) == (Status.APPROVED, True, None)
    assert request.attributes["country"] == "Norway"
    assert (request.delivery.state, request.delivery.made) == (Delivery.State.DONE, Delivery.Made.RETURNED)
    actions = set(AuditEvent.objects.filter(request=request).values_list("action", flat=True))
    assert actions == {"request.submitted", "request.approved_by_policy"}
    assert not OutboxEntry.objects.filter(kind__startswith="guest.").exists()


def test_entras_repetition_of_an_approved_call_is_the_same_request(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("all", APPROVE))
    assert [is_continue(entra.submit()) for _again in range(2)] == [True, True]
    assert SignUpRequest.objects.count() == Delivery.objects.count() == 1


def test_entras_repetition_is_not_held_against_the_applicant(flow: UserFlow, entra: Entra) -> None:
    again = {"subject": "earlier", "test": "approved", "where": "this_flow"}
    in_force_now(flow, rule("again", {"review": {"reason": "Is in already."}}, again), rule("all", APPROVE))
    assert [is_continue(entra.submit()) for _again in range(2)] == [True, True]
    assert SignUpRequest.objects.count() == 1
    assert is_block_page(entra.submit({**CLAIMS, "jobTitle": "Buyer"}), "waiting for approval")


def test_entras_repetition_sets_what_was_recorded(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("all", APPROVE), rule("country", {"set": {"claim": "country", "value": "Norway"}}))
    assert entra.submit()["country"] == "Norway"
    in_force_now(flow, rule("all", APPROVE), rule("country", {"set": {"claim": "country", "value": "Sweden"}}))
    assert entra.submit()["country"] == SignUpRequest.objects.get().attributes["country"] == "Norway"


def test_an_approval_does_not_outlive_its_rule(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("all", APPROVE))
    assert is_continue(entra.submit())
    in_force_now(flow, rule("none", REFUSE, steps=BOTH))
    assert is_block_page(entra.submit(), "Not from there.")
    assert is_block_page(entra.check_status(), "Not from there.")


def test_approving_is_the_forms_step_only(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("all", APPROVE))
    assert is_continue(entra.check_status())
    assert not SignUpRequest.objects.exists()


def test_who_was_approved_while_the_policy_was_asked_may_continue(flow: UserFlow, entra: Entra, anna: User) -> None:
    UserFlow.objects.update(provisioning="on_return")
    in_force_now(flow, rule("outsiders", REFUSE, steps=BOTH))
    applicant = make_applicant()
    before = workflow.check_status(flow, applicant)
    workflow.approve(workflow.submit(UserFlow.objects.get(), applicant).request.pk, actor=anna)  # type: ignore[union-attr]
    told = by_policy.at_check_status(UserFlow.objects.get(), applicant, before, "en")
    assert isinstance(told, Continue)


# --- Faults --------------------------------------------------------------------------------------------------


def test_a_policy_that_cannot_be_read_approves_nobody(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("all", APPROVE))
    flow.policy_versions.update(document={"policy": 99, "rules": "none"})
    in_force.forget()
    assert is_continue(entra.check_status())
    assert is_block_page(entra.submit(), "waiting for approval")
    assert SignUpRequest.objects.get().status == Status.PENDING


def test_a_list_that_is_gone_approves_nobody(flow: UserFlow, entra: Entra) -> None:
    from approvals.models import DomainList
    from approvals.policy.lists import save_list

    save_list("partners", "Partners", ["fabrikam.onmicrosoft.com"], base_version=0, actor=make_user("ada", admin=True))
    blocked = rule("blocked", REFUSE, {"subject": "email_domain", "test": "in_list", "list": "partners", "not": True})
    in_force_now(flow, blocked, rule("all", APPROVE))
    assert is_continue(entra.submit())
    DomainList.objects.all().delete()
    in_force.forget()
    assert is_block_page(entra.submit({**CLAIMS, "email": "else@fabrikam.onmicrosoft.com"}), "waiting for approval")


def test_another_identity_with_the_address_is_another_person(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("known", APPROVE, {"subject": "earlier", "test": "approved", "where": "any_flow"}))
    assert is_block_page(entra.submit(), "waiting")
    workflow.approve(SignUpRequest.objects.get().pk, actor=None)
    workflow.record_provisioned(SignUpRequest.objects.get().pk, guest_id="g", made=Delivery.Made.INVITED)
    assert is_continue(entra.submit())
    assert is_block_page(entra.submit({**CLAIMS, "identities": [GOOGLE]}), "waiting for approval")


# --- The quickstarts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"email": "a@fabrikam.com", "displayName": "John Smith"}, ("Continue", 200)),
        ({"email": "a@northwind.com", "displayName": "John Smith"}, ("ShowBlockPage", 200)),
        ({"email": "a@fabrikam.com", "displayName": "Jo"}, ("ValidationError", 400)),
        ({"email": "a@fabrikam.com"}, ("ValidationError", 400)),
        ({"displayName": "John Smith"}, ("ShowBlockPage", 200)),
    ],
)
def test_the_dotnet_quickstart(claims: dict[str, Any], expected: Any, flow: UserFlow, entra: Entra) -> None:
    publish(flow, presets.dotnet_quickstart(["fabrikam.com", "fabricam.com"]), base=0, actor=None)
    response = entra.call("submit", claims)
    told = json.loads(response.content)
    assert (told["action"], response.status_code) == expected
    assert ("jobTitle" in told) == (told["action"] == "Continue")


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        ({"email": "a@fabrikam.com", "jobTitle": "Engineer"}, ("Continue", 200)),
        ({"email": "a@fabrikam.com"}, ("Continue", 200)),
        ({"email": "a@fabrikam.com", "jobTitle": "CEO"}, ("ValidationError", 400)),
        ({"email": "a@elsewhere.com", "jobTitle": "CEO"}, ("ShowBlockPage", 200)),
    ],
)
def test_the_node_and_python_quickstarts(claims: dict[str, Any], expected: Any, flow: UserFlow, entra: Entra) -> None:
    publish(flow, presets.job_title_quickstart(["fabrikam.com"]), base=0, actor=None)
    response = entra.call("submit", claims)
    assert (json.loads(response.content)["action"], response.status_code) == expected


def test_a_flow_without_rules_sends_everybody_to_a_person(flow: UserFlow, entra: Entra) -> None:
    in_force_now(flow, rule("all", APPROVE, enabled=False))
    assert is_continue(answer(entra.call("check-status")))
    assert is_block_page(entra.submit(), "waiting for approval")
