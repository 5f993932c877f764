"""A policy that has applicants verified by a worker: the request is there at once, and the policy decides afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, ClassVar

import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from approvals import outbox, workflow
from approvals.errors import AlreadyDecided
from approvals.models import AuditEvent, Delivery, OutboxEntry, SignUpRequest, UserFlow
from approvals.policy import words
from connector.verification import registry
from connector.verification.base import Answer, Inputs, Outcome, Settings
from connector.verification.circuit import circuit
from connector.verification.idology import ExpectID
from connector.verification.setting_up import configure, switch_off
from tests.connector.conftest import CLAIMS, Entra
from tests.connector.test_policy import APPROVE, REFUSE, in_force_now, rule
from tests.connector.test_situations import is_block_page, is_continue
from tests.connector.test_verification import PERSON, explained, person, said, the_request, verify_then
from tests.verification.service import Service
from tests.verification.test_asking import ERROR, FAIL, PARTIAL, PASS

Status = SignUpRequest.Status
WAITING = "waiting for approval"

pytestmark = pytest.mark.usefixtures("later")


@pytest.fixture
def later(flow: UserFlow, idology: dict[str, str]) -> None:
    """The flow's applicants are verified later; guests are made when they come back, so that no tenant is needed."""
    configure(flow, "idology", idology, actor=None, mode="later")
    UserFlow.objects.filter(pk=flow.pk).update(provisioning="on_return")


Meanwhile = Callable[[Callable[[], object]], None]


class Busy(ExpectID):
    """A service that fails whoever is called Fail, and during whose first call something happens."""

    happens: ClassVar[list[Callable[[], object]]] = []

    def ask(self, inputs: Inputs, settings: Settings, *, timeout: float) -> Answer:
        while self.happens:
            self.happens.pop()()
        return Answer(Outcome.FAILED if inputs["lastName"] == "Fail" else Outcome.PASSED)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Lets something happen while the service is asked."""
    monkeypatch.setitem(registry.VENDORS, "idology", f"{__name__}.Busy")
    monkeypatch.setattr(Busy, "happens", [])
    return Busy.happens.append


def recorded(entra: Entra, body: dict[str, Any] = PERSON) -> SignUpRequest:
    """The request of somebody who has signed up."""
    assert is_block_page(entra.submit(body), WAITING)
    return the_request()


def work(kind: str) -> OutboxEntry:
    """Do the next work of that kind, and nothing else."""
    others = OutboxEntry.objects.queued().exclude(kind=kind)
    waiting = dict(others.values_list("pk", "due_at"))
    others.update(due_at=timezone.now() + timedelta(days=3))
    outbox.drain(1)
    for pk, due_at in waiting.items():
        OutboxEntry.objects.filter(pk=pk).update(due_at=due_at)
    return OutboxEntry.objects.filter(kind=kind).latest("created_at")


def in_a_day(deed: Callable[[], object]) -> None:
    """When the patience of the outbox is at its end."""
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        deed()


# --- What the policy makes of it -------------------------------------------------------------------------------


def test_the_request_is_there_at_once_and_nobody_was_asked(flow: UserFlow, entra: Entra, service: Service) -> None:
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    request = recorded(entra)
    assert (request.status, service.calls) == (Status.PENDING, [])
    assert [(each.step, each.outcome, each.rule_id) for each in request.evaluations.all()] == [
        ("submit", "review", "who")
    ]
    assert OutboxEntry.objects.filter(kind="verification.ask", request=request).count() == 1


def test_who_passes_is_approved_by_the_policy(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PASS)
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    recorded(entra)
    outbox.drain()
    request = the_request()
    assert (request.status, request.decided_by_policy, request.decided_by) == (Status.APPROVED, True, None)
    evaluation = request.evaluations.latest("at")
    assert (evaluation.step, evaluation.outcome, evaluation.rule_id) == ("later", "approve", "passed")
    assert request.delivery.stage == Delivery.Stage.AWAITING_RETURN
    actions = list(AuditEvent.objects.filter(request=request).values_list("action", flat=True))
    assert actions.index("request.verified") < actions.index("request.approved_by_policy")
    assert OutboxEntry.objects.filter(kind="mail.approved", request=request).count() == 1


def test_who_was_approved_later_may_continue_however_often_entra_calls(
    flow: UserFlow, entra: Entra, service: Service
) -> None:
    service.answers(PASS)
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    recorded(entra)
    outbox.drain()
    for _again in range(2):
        assert is_continue(entra.check_status(PERSON))
        assert is_continue(entra.submit(PERSON))
    assert the_request().delivery.state == Delivery.State.DONE


def test_who_fails_is_refused_where_that_is_set(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(FAIL)
    configure(flow, "idology", {}, actor=None, on_failed="refuse")
    verify_then(flow, rule("all", APPROVE))
    recorded(entra)
    outbox.drain()
    request = the_request()
    assert (request.status, request.decided_by_policy) == (Status.DENIED, True)
    assert explained(request) == "Refused automatically: the identity verification failed."
    assert OutboxEntry.objects.filter(kind="mail.denied", request=request).count() == 1


@pytest.mark.parametrize(("answer", "outcome"), [(FAIL, "failed"), (PARTIAL, "refer")])
@pytest.mark.parametrize("failed", ["correct", "review"])
def test_without_a_pass_a_person_decides(
    failed: str, answer: str, outcome: str, flow: UserFlow, entra: Entra, service: Service
) -> None:
    service.answers(answer)
    configure(flow, "idology", {}, actor=None, on_failed=failed)
    verify_then(flow, rule("all", APPROVE))
    version = recorded(entra).version
    outbox.drain()
    request = the_request()
    # The reviewer who has the page open may go on: what was submitted is the same.
    assert (request.status, request.version) == (Status.PENDING, version)
    assert request.verifications.get().outcome == outcome
    assert [each.step for each in request.evaluations.all()] == ["submit", "later"]


def test_a_rule_may_refuse_afterwards(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PARTIAL)
    verify_then(flow, rule("unclear", REFUSE, said("refer")), rule("all", APPROVE))
    recorded(entra)
    outbox.drain()
    assert (the_request().status, the_request().evaluations.latest("at").rule_id) == (Status.DENIED, "unclear")


def test_what_is_to_be_corrected_is_a_persons_afterwards(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PASS)
    title = {"correct": {"attribute": "jobTitle", "text": "Longer, please."}}
    verify_then(flow, rule("title", title, said("passed")), rule("all", APPROVE))
    recorded(entra)
    outbox.drain()
    assert (the_request().status, the_request().evaluations.latest("at").rule_id) == (Status.PENDING, "title")


def test_its_own_request_is_no_earlier_one_from_the_domain(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PASS)
    first = {"subject": "hint", "test": "one_of", "values": ["first_from_domain"], "not": True}
    verify_then(flow, rule("known", APPROVE, said("passed"), first))
    recorded(entra)
    outbox.drain()
    assert the_request().status == Status.PENDING


def test_claims_are_set_afterwards(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PASS)
    setting = rule("country", {"set": {"claim": "country", "value": "Norway"}}, said("passed"))
    verify_then(flow, setting, rule("passed", APPROVE, said("passed")))
    recorded(entra, {**PERSON, "country": "Sweden"})
    outbox.drain()
    assert the_request().attributes["country"] == "Norway"
    assert entra.submit(PERSON)["country"] == "Norway"


def test_the_policy_of_then_decides(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PASS)
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    recorded(entra)
    in_force_now(flow, rule("none", REFUSE))
    outbox.drain()
    assert the_request().status == Status.DENIED


def test_a_service_that_was_switched_off_decides_nothing(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PASS)
    verify_then(flow, rule("away", REFUSE, said("unavailable")), rule("all", APPROVE))
    recorded(entra)
    work("verification.ask")
    switch_off(flow, actor=None)
    outbox.drain()
    assert the_request().status == Status.PENDING


# --- Answers that change meanwhile ------------------------------------------------------------------------------


def test_other_answers_are_verified_anew_before_anything_is_decided(
    flow: UserFlow, entra: Entra, service: Service
) -> None:
    service.answers(PASS)
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    recorded(entra)
    work("verification.ask")
    assert is_block_page(entra.submit(person("Smythe")), "waiting")
    service.answers(FAIL)
    work("verification.decide")
    assert the_request().status == Status.PENDING
    outbox.drain()
    request = the_request()
    assert (request.status, len(service.calls)) == (Status.PENDING, 2)
    assert [each.outcome for each in request.verifications.order_by("at")] == ["passed", "failed"]
    told = AuditEvent.objects.filter(action="request.verified").order_by("at")
    assert [each.data["outcome"] for each in told] == ["passed", "failed"]
    assert [each.step for each in request.evaluations.all()] == ["submit", "later"]


def test_other_answers_while_the_service_is_asked_are_verified_too(
    flow: UserFlow, entra: Entra, meanwhile: Meanwhile
) -> None:
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    recorded(entra)
    meanwhile(lambda: entra.submit(person("Fail")))
    outbox.drain()
    assert the_request().status == Status.PENDING
    assert [each.outcome for each in the_request().verifications.order_by("at")] == ["passed", "failed"]


def test_answers_that_the_service_is_not_told_cost_nothing_more(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PASS)
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    recorded(entra)
    work("verification.ask")
    entra.submit({**PERSON, "jobTitle": "Buyer"})
    outbox.drain()
    assert (the_request().status, len(service.calls)) == (Status.APPROVED, 1)


# --- A service that is away -------------------------------------------------------------------------------------


def test_a_service_that_is_away_is_waited_for(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(ERROR)
    verify_then(flow, rule("all", APPROVE))
    recorded(entra)
    outbox.drain()
    entry = OutboxEntry.objects.get(kind="verification.ask")
    assert (entry.state, entry.code, the_request().status) == ("queued", "service_error", Status.PENDING)
    circuit.forget()
    service.answers(PASS)
    OutboxEntry.objects.update(due_at=timezone.now(), turn_at=timezone.now())
    outbox.drain()
    assert the_request().status == Status.APPROVED


def test_in_the_end_a_person_sees_that_it_could_not_say(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(ERROR)
    verify_then(flow, rule("all", APPROVE))
    recorded(entra)
    outbox.drain()
    in_a_day(outbox.drain)
    request = the_request()
    assert (request.status, request.verifications.get().outcome) == (Status.PENDING, "unavailable")
    assert explained(request) == "Sent to a person: the verification service could not say."
    assert AuditEvent.objects.get(action="request.verified").data["outcome"] == "unavailable"


def test_in_the_end_a_rule_may_refuse(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(ERROR)
    verify_then(flow, rule("away", REFUSE, said("unavailable")))
    recorded(entra)
    outbox.drain()
    in_a_day(outbox.drain)
    assert the_request().status == Status.DENIED


# --- Twice, and with somebody else -------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [PASS, FAIL])
def test_deciding_twice_is_deciding_once(answer: str, flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(answer)
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    recorded(entra)
    outbox.drain()
    before = the_request().version
    # As if the worker had died before it could say that it was done.
    OutboxEntry.objects.filter(kind__startswith="verification.").update(
        state="queued", lease=None, due_at=timezone.now()
    )
    outbox.drain()
    assert the_request().version == before
    assert the_request().evaluations.count() == 2
    assert AuditEvent.objects.filter(action="request.approved_by_policy").count() == (answer == PASS)


def test_a_reviewer_who_decides_first_wins(flow: UserFlow, entra: Entra, service: Service, anna: User) -> None:
    service.answers(PASS)
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    recorded(entra)
    work("verification.ask")
    workflow.deny(the_request().pk, actor=anna, reason="No contract.")
    outbox.drain()
    request = the_request()
    assert (request.status, request.decided_by, request.decided_by_policy) == (Status.DENIED, anna, False)
    assert OutboxEntry.objects.get(kind="verification.decide").state == "done"


def test_a_reviewer_who_decides_while_the_service_is_asked_wins(
    flow: UserFlow, entra: Entra, meanwhile: Meanwhile, anna: User
) -> None:
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    request = recorded(entra)
    meanwhile(lambda: workflow.deny(request.pk, actor=anna, reason="No contract."))
    outbox.drain()
    assert (the_request().status, the_request().decided_by_policy) == (Status.DENIED, False)


def test_a_reviewer_who_comes_after_the_policy_hears_of_it(
    flow: UserFlow, entra: Entra, service: Service, anna: User
) -> None:
    service.answers(PASS)
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    request = recorded(entra)
    outbox.drain()
    with pytest.raises(AlreadyDecided):
        workflow.deny(request.pk, actor=anna, version=request.version, reason="No contract.")
    assert (the_request().status, the_request().decided_by_policy) == (Status.APPROVED, True)


def test_what_the_policy_decided_can_be_undone_in_time(
    flow: UserFlow, entra: Entra, service: Service, anna: User, settings: Any
) -> None:
    settings.DECISION_HOLD_SECONDS = 3600
    service.answers(PASS)
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    request = recorded(entra)
    outbox.drain()
    assert is_block_page(entra.check_status(PERSON), "waiting")
    workflow.undo(request.pk, actor=anna)
    outbox.drain()
    assert (the_request().status, the_request().decided_by_policy) == (Status.PENDING, False)


def test_the_trail_is_told_rule_by_rule(flow: UserFlow, entra: Entra, service: Service) -> None:
    service.answers(PASS)
    verify_then(flow, rule("passed", APPROVE, said("passed")))
    recorded(entra)
    outbox.drain()
    rows = words.explain(the_request().evaluations.latest("at")).rows
    assert [(row.rule_id, row.matched, row.decided) for row in rows] == [
        ("who", "false", False),
        ("passed", "true", True),
    ]
    assert CLAIMS["email"] not in str([row.says for row in rows])
