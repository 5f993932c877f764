"""A policy that has applicants verified while they wait, over HTTP: what Entra gets, and what is kept."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from approvals import workflow
from approvals.models import AuditEvent, OutboxEntry, PolicyEvaluation, SignUpRequest, UserFlow, Verification
from approvals.policy import words
from approvals.policy.engine import Outcome, Step, Verdict
from approvals.workflow.judged import Judgement, record
from connector.models import VerificationService
from connector.verification import registry
from connector.verification.base import Answer, Inputs, NoAnswer, Settings
from connector.verification.idology import ExpectID
from connector.verification.setting_up import configure
from tests.connector.conftest import CLAIMS, Entra
from tests.connector.test_policy import APPROVE, REFUSE, corrected, in_force_now, rule
from tests.connector.test_situations import is_block_page, is_continue
from tests.factories import make_applicant
from tests.verification.service import Service
from tests.verification.test_asking import ERROR, FAIL, PARTIAL, PASS

PERSON = {**CLAIMS, "streetAddress": "1 Main Street", "postalCode": "30303"}
VERIFY: dict[str, Any] = {"verify": {}}
NOT_CONFIRMED = "could not confirm your identity"
Status = SignUpRequest.Status

pytestmark = pytest.mark.usefixtures("verified")


def said(*outcomes: str, **more: Any) -> dict[str, Any]:
    """A condition on the outcome of the verification."""
    return {"subject": "verification", "test": "one_of", "values": list(outcomes), **more}


def verify_then(flow: UserFlow, *rules: dict[str, Any]) -> None:
    """Everybody is verified; then these rules."""
    in_force_now(flow, rule("who", VERIFY), *rules)


def on_failed(flow: UserFlow, what: str, **more: Any) -> None:
    """What a failed verification leads to."""
    configure(flow, "idology", {}, actor=None, on_failed=what, **more)


def person(surname: str = "Smith", **more: Any) -> dict[str, Any]:
    """Claims of the same person, who is verified by name and address."""
    return {**PERSON, "surname": surname, **more}


def the_request() -> SignUpRequest:
    return SignUpRequest.objects.get()


@contextmanager
def no_event_of_verifications() -> Iterator[None]:
    """The database takes no audit event of a verification: whoever writes one breaks off there."""
    on_sqlite = (
        "CREATE TRIGGER no_event BEFORE INSERT ON approvals_auditevent WHEN NEW.action = 'request.verified' "
        "BEGIN SELECT RAISE(ABORT, 'no event'); END"
    )
    on_postgresql = (
        "CREATE FUNCTION no_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no event'; END $$;"
        "CREATE TRIGGER no_event BEFORE INSERT ON approvals_auditevent FOR EACH ROW "
        "WHEN (NEW.action = 'request.verified') EXECUTE FUNCTION no_event()"
    )
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute(on_postgresql if is_postgresql else on_sqlite)
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER no_event" + (" ON approvals_auditevent" if is_postgresql else ""))


def explained(request: SignUpRequest) -> str:
    """Why it came so, as a reviewer reads it."""
    return words.explain(request.evaluations.latest("at")).sentence


# --- Passed --------------------------------------------------------------------------------------------------


def test_who_passes_comes_in_when_a_rule_approves(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PASS)
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    assert is_continue(entra.submit(PERSON))
    request = the_request()
    assert (request.status, request.decided_by_policy) == (Status.APPROVED, True)
    evaluation, verification = request.evaluations.get(), request.verifications.get()
    assert (evaluation.step, evaluation.outcome, evaluation.rule_id) == ("submit", "approve", "passed")
    assert (verification.outcome, verification.vendor, verification.vendor_reference) == (
        "passed",
        "idology",
        "2073386242",
    )
    assert AuditEvent.objects.get(action="request.verified").data["outcome"] == "passed"
    assert explained(request) == "Approved automatically: rule “Passed” matched (the identity verification is: passed)."


def test_who_passes_and_nothing_else_is_a_persons_to_decide(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PASS)
    verify_then(flow)
    assert is_block_page(entra.submit(PERSON), "waiting for approval")
    assert (the_request().status, the_request().verifications.get().outcome) == (Status.PENDING, "passed")


def test_nobody_is_verified_whom_no_rule_wants_verified(flow: UserFlow, entra: Entra, service: Service) -> None:
    outside = {"subject": "email_domain", "test": "one_of", "values": ["elsewhere.example"]}
    in_force_now(flow, rule("outside", VERIFY, outside), rule("all", APPROVE))
    assert is_continue(entra.check_status(PERSON))
    assert is_continue(entra.submit(PERSON))
    assert service.calls == []
    assert not Verification.objects.exists()


def test_nobody_is_verified_before_the_form(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PASS)
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    assert is_continue(entra.check_status(PERSON))
    assert service.calls == []


# --- Failed --------------------------------------------------------------------------------------------------


def test_who_fails_may_correct_the_form_as_often_as_is_set(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(FAIL)
    on_failed(flow, "correct", tries=2)
    verify_then(flow, rule("all", APPROVE))
    for surname in ("Smith", "Smyth"):
        assert NOT_CONFIRMED in corrected(entra, person(surname))
        # The same values again are no further try, and cost nothing.
        assert NOT_CONFIRMED in corrected(entra, person(surname))
    assert not SignUpRequest.objects.exists()
    assert is_block_page(entra.submit(person("Schmidt")), "waiting for approval")
    assert len(service.calls) == 3
    request = the_request()
    assert request.status == Status.PENDING
    assert [each.outcome for each in request.verifications.all()] == ["failed"] * 3
    assert explained(request) == "Sent to a person: the identity verification failed."


def test_who_corrects_the_form_and_passes_comes_in(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(FAIL)
    on_failed(flow, "correct")
    verify_then(flow, rule("all", APPROVE))
    assert NOT_CONFIRMED in corrected(entra, person("Smit"))
    service.answers(PASS)
    assert is_continue(entra.submit(person()))
    assert [each.outcome for each in the_request().verifications.all()] == ["failed", "passed"]


def test_the_correction_is_asked_for_in_the_applicants_language(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(FAIL)
    on_failed(flow, "correct")
    UserFlow.objects.update(texts={"de": {"not_verified": "Bitte Namen und Anschrift prüfen. {contact}"}})
    verify_then(flow)
    assert corrected(entra, person(ui_locales="de-AT")) == "Bitte Namen und Anschrift prüfen. access@contoso.example"


def test_who_fails_is_refused_where_that_is_set(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(FAIL)
    on_failed(flow, "refuse")
    verify_then(flow, rule("all", APPROVE))
    told = entra.submit(PERSON)
    request = the_request()
    assert is_block_page(told, "cannot be accepted", request.reference)
    assert (request.status, request.decided_by_policy) == (Status.DENIED, True)
    evaluation = request.evaluations.get()
    assert (evaluation.outcome, evaluation.rule_id) == ("refuse", "")
    assert explained(request) == "Refused automatically: the identity verification failed."
    assert [row.decided for row in words.explain(evaluation).rows] == [False, False]
    event = AuditEvent.objects.get(action="request.refused_by_policy")
    assert event.data == {"cause": "verification_failed"}


def test_who_fails_goes_to_a_person_where_that_is_set(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(FAIL)
    on_failed(flow, "review")
    verify_then(flow, rule("all", APPROVE))
    assert is_block_page(entra.submit(PERSON), "waiting for approval")
    assert (the_request().status, the_request().verifications.get().outcome) == (Status.PENDING, "failed")


# --- Neither -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("failed", ["correct", "refuse", "review"])
@pytest.mark.parametrize(
    ("answer", "outcome", "because"),
    [
        (PARTIAL, "refer", "the verification service leaves it to a person"),
        (ERROR, "unavailable", "the verification service could not say"),
        ("<html>", "unavailable", "the verification service could not say"),
    ],
)
def test_without_a_pass_a_person_decides(
    answer: str, outcome: str, because: str, failed: str, flow: UserFlow, entra: Entra, service: Service
) -> None:
    service.answers(answer)
    on_failed(flow, failed)
    verify_then(flow, rule("all", APPROVE))
    assert is_block_page(entra.submit(PERSON), "waiting for approval")
    request = the_request()
    assert (request.status, request.verifications.get().outcome) == (Status.PENDING, outcome)
    assert explained(request) == f"Sent to a person: {because}."


@pytest.mark.parametrize("how", ["hangs", "drips"])
def test_a_service_that_takes_too_long_approves_nobody(
    how: str, flow: UserFlow, entra: Entra, service: Service
) -> None:
    service.hangs() if how == "hangs" else service.drips(PASS.encode())
    configure(flow, "idology", {}, actor=None, budget_seconds=1)
    verify_then(flow, rule("all", APPROVE))
    assert is_block_page(entra.submit(PERSON), "waiting for approval")
    assert (the_request().status, the_request().verifications.get().outcome) == (Status.PENDING, "unavailable")


def test_a_flow_without_a_service_approves_nobody_whom_a_rule_wants_verified(flow: UserFlow, entra: Entra) -> None:
    VerificationService.objects.all().delete()
    verify_then(flow, rule("all", APPROVE))
    assert is_block_page(entra.submit(PERSON), "waiting for approval")
    assert explained(the_request()) == "Sent to a person: the verification service could not say."


def test_who_leaves_out_what_the_service_needs_is_a_persons_to_decide(
    flow: UserFlow, entra: Entra, service: Service
) -> None:
    verify_then(flow, rule("all", APPROVE))
    assert is_block_page(entra.submit(CLAIMS), "waiting for approval")
    assert service.calls == []
    assert the_request().verifications.get().reasons == ["missing.address", "missing.zip"]


# --- Rules that speak of the verification ---------------------------------------------------------------------


@pytest.mark.parametrize("failed", ["correct", "refuse", "review"])
@pytest.mark.parametrize(
    ("answer", "condition", "comes_in"),
    [
        (PARTIAL, said("refer"), False),
        (FAIL, said("failed"), False),
        (ERROR, said("unavailable"), False),
        (FAIL, said("failed"), True),
        (PARTIAL, said("refer", "unavailable"), True),
        (PASS, said("failed", **{"not": True}), True),
    ],
)
def test_a_rule_that_speaks_of_the_outcome_decides_on_it(
    answer: str, condition: Any, comes_in: bool, failed: str, flow: UserFlow, entra: Entra, service: Service
) -> None:
    service.answers(answer)
    on_failed(flow, failed)
    verify_then(flow, rule("decides", APPROVE if comes_in else REFUSE, condition))
    told = entra.submit(PERSON)
    assert is_continue(told) if comes_in else is_block_page(told, "Not from there.")
    assert the_request().evaluations.get().rule_id == "decides"


def test_a_refusal_beats_a_pass(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PASS)
    verify_then(flow, rule("passed", APPROVE, said("passed")), rule("none", REFUSE, said("none", **{"not": True})))
    assert is_block_page(entra.submit(PERSON), "Not from there.")


def test_a_review_keeps_its_reason_whatever_the_service_says(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PARTIAL)
    verify_then(flow, rule("look", {"review": {"reason": "Suppliers are looked at."}}), rule("all", APPROVE))
    assert is_block_page(entra.submit(PERSON), "waiting for approval")
    assert explained(the_request()) == (
        "Sent to a person: rule “Look” matched (it always does): Suppliers are looked at."
    )


def test_claims_are_set_for_who_passes(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PASS)
    setting = rule("country", {"set": {"claim": "country", "value": "Norway"}})
    verify_then(flow, setting, rule("passed", APPROVE, said("passed")))
    assert entra.submit(PERSON)["country"] == "Norway"
    assert the_request().attributes["country"] == "Norway"


# --- Asked once ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "comes_in"), [(PASS, True), (PARTIAL, False), (FAIL, False)])
def test_entras_repetition_asks_once(
    answer: str, comes_in: bool, flow: UserFlow, entra: Entra, service: Service
) -> None:
    service.answers(answer)
    verify_then(flow, rule("all", APPROVE))
    for _again in range(3):
        told = entra.submit(PERSON)
        assert is_continue(told) if comes_in else is_block_page(told, "waiting for approval")
    assert len(service.calls) == SignUpRequest.objects.count() == 1
    assert AuditEvent.objects.filter(action="request.verified").count() == 1


def test_who_was_refused_and_sends_the_same_again_is_not_asked_about_again(
    flow: UserFlow, entra: Entra, service: Service
) -> None:
    service.answers(FAIL)
    on_failed(flow, "refuse")
    verify_then(flow)
    assert [is_block_page(entra.submit(PERSON), "cannot be accepted") for _again in range(3)] == [True] * 3
    assert len(service.calls) == SignUpRequest.objects.count() == PolicyEvaluation.objects.count() == 1


def test_whose_request_waits_is_not_asked_about_again(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PARTIAL)
    verify_then(flow, rule("all", APPROVE))
    entra.submit(PERSON)
    service.answers(PASS)
    assert is_block_page(entra.submit(person("Smythe")), "waiting")
    assert len(service.calls) == 1
    # What was verified were the earlier answers, and the timeline says so.
    assert AuditEvent.objects.get(action="request.answers_changed").data == {"after_verification": True}
    assert the_request().status == Status.PENDING


def test_what_the_service_says_in_words_reaches_nobody(
    flow: UserFlow, entra: Entra, service: Service, log_lines: io.StringIO, anna: User
) -> None:
    service.answers(PARTIAL.replace("</response>", "<message>Mr Smith of Main Street is suspect</message></response>"))
    verify_then(flow, rule("all", APPROVE))
    told = entra.submit(PERSON)
    tables = [SignUpRequest, AuditEvent, OutboxEntry, PolicyEvaluation, Verification]
    kept = json.dumps([list(model._default_manager.values()) for model in tables], default=str)
    assert "suspect" not in told["userMessage"] + kept + log_lines.getvalue()
    assert "Main Street" not in log_lines.getvalue()


# --- What may go wrong in between ------------------------------------------------------------------------------


def test_a_request_and_the_outcome_of_its_verification_are_written_together(
    flow: UserFlow, entra: Entra, service: Service
) -> None:
    service.answers(PASS)
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    with no_event_of_verifications():
        assert is_block_page(entra.submit(PERSON), "try again")
    assert not SignUpRequest.objects.exists()
    assert is_continue(entra.submit(PERSON))
    assert the_request().verifications.get().outcome == "passed"
    assert AuditEvent.objects.filter(action="request.verified").count() == len(service.calls) == 1


def test_nobody_waits_for_the_service_twice(flow: UserFlow, entra: Entra, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry.VENDORS, "idology", f"{__name__}.OvertakenVendor")
    monkeypatch.setattr(OvertakenVendor, "asked", 0)
    verify_then(flow, rule("all", APPROVE))
    assert is_block_page(entra.submit(PERSON), "waiting for approval")
    assert OvertakenVendor.asked == 1
    assert [each.status for each in SignUpRequest.objects.order_by("submitted_at")] == [Status.DENIED, Status.PENDING]


class OvertakenVendor(ExpectID):
    """A service that cannot say; while it is asked, the applicant's other answers are refused by the policy."""

    asked = 0

    def ask(self, inputs: Inputs, settings: Settings, *, timeout: float) -> Answer:
        type(self).asked += 1
        flow = UserFlow.objects.get()
        version = flow.policy_versions.get().pk
        record(
            flow,
            make_applicant(CLAIMS["email"]),
            Judgement(Verdict(Outcome.REFUSE), version, Step.SUBMIT, None),
        )
        raise NoAnswer("timeout")


def test_what_a_person_decides_stands_whatever_the_service_says(
    flow: UserFlow, entra: Entra, service: Service, anna: User
) -> None:
    service.answers(PARTIAL)
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    entra.submit(PERSON)
    workflow.deny(the_request().pk, actor=anna, reason="No contract.")
    service.answers(PASS)
    assert is_block_page(entra.submit(person("Smythe")), "No contract.")
    assert len(service.calls) == 1
