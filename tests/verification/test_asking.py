"""Verifying an applicant: asked once, kept for good, and *unavailable* for whatever goes wrong."""

from __future__ import annotations

import io
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from approvals.applicant import Applicant
from approvals.models import AuditEvent, SignUpRequest, UserFlow, Verification
from connector import patience
from connector.models import VerificationService
from connector.verification import circuit, questions, registry
from connector.verification.asking import attach, failures, verify
from connector.verification.base import Answer, Outcome
from connector.verification.sealing import seal
from connector.verification.setting_up import configure
from tests.factories import make_applicant, make_flow, make_identity, make_request
from tests.verification.service import Service

PASS = (
    "<response><id-number>2073386242</id-number><summary-result><key>id.success</key></summary-result>"
    "<results><key>result.match</key></results></response>"
)
FAIL = PASS.replace("id.success", "id.failure").replace("result.match", "result.no.match")
PARTIAL = PASS.replace("id.success", "id.partial")
ERROR = "<response><error>Down</error></response>"
ADDRESS: dict[str, Any] = {"streetAddress": "1 Main Street", "postalCode": "30303"}


def applicant(surname: str = "Smith", **more: Any) -> Applicant:
    return make_applicant(surname=surname, **ADDRESS, **more)


@pytest.mark.parametrize(("said", "outcome"), [(PASS, "passed"), (FAIL, "failed"), (PARTIAL, "refer")])
def test_it_keeps_a_conclusive_answer_for_good(
    flow: UserFlow, verified: VerificationService, service: Service, said: str, outcome: str
) -> None:
    service.answers(said)
    first = verify(flow, applicant())
    service.answers(ERROR, 500)
    assert verify(flow, applicant()) == first
    assert len(service.calls) == 1
    row = Verification.objects.get()
    assert (row.outcome, row.vendor, row.vendor_reference, row.request) == (outcome, "idology", "2073386242", None)
    assert first == Answer(Outcome(outcome), "2073386242", tuple(row.reasons), row.pk)
    assert len(row.reasons) == 2


def test_it_keeps_neither_what_it_asked_nor_anything_to_guess_it_from(
    flow: UserFlow, verified: VerificationService, service: Service, log_lines: io.StringIO
) -> None:
    service.answers(PASS)
    verify(flow, applicant())
    kept = str(list(Verification.objects.values())) + log_lines.getvalue()
    for word in ("Smith", "Main Street", "30303", "fabrikam", "pass/word", service.client_key):
        assert word not in kept
    assert "verification_asked" in kept


def test_it_asks_again_about_other_inputs_another_person_and_in_another_flow(
    flow: UserFlow, verified: VerificationService, service: Service, idology: dict[str, str]
) -> None:
    service.answers(PASS)
    other = make_flow("suppliers")
    configure(other, "idology", idology, actor=None)
    verify(flow, applicant())
    verify(flow, applicant("Smythe"))
    verify(flow, applicant(email="j.smith@fabrikam.example"))
    verify(flow, applicant(identities=(make_identity(),)))
    verify(other, applicant())
    assert len(service.calls) == Verification.objects.count() == 5
    # What the service is not told makes no other question.
    verify(flow, applicant(jobTitle="Buyer"))
    assert len(service.calls) == 5


def test_it_remembers_what_was_asked_under_a_former_key(
    flow: UserFlow, verified: VerificationService, service: Service, settings: Any
) -> None:
    service.answers(PASS)
    first = verify(flow, applicant())
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a-new-secret-key-0123456789-abcdefgh", [settings.SECRET_KEY]
    assert verify(flow, applicant()) == first
    assert len(service.calls) == 1


def test_it_asks_again_when_the_service_could_not_say(
    flow: UserFlow, verified: VerificationService, service: Service
) -> None:
    service.answers(ERROR)
    first = verify(flow, applicant())
    assert (first.outcome, first.reasons) == ("unavailable", ("service_error",))
    assert Verification.objects.get().outcome == "unavailable"
    service.answers(PASS)
    second = verify(flow, applicant())
    assert (second.outcome, second.verification) == ("passed", first.verification)
    assert Verification.objects.get().reasons == ["id.success", "result.match"]


def test_it_asks_nobody_about_an_applicant_of_whom_too_little_is_known(
    flow: UserFlow, verified: VerificationService, service: Service
) -> None:
    answer = verify(flow, make_applicant(postalCode="30303"))
    assert (answer.outcome, answer.reasons) == ("refer", ("missing.address",))
    assert service.calls == []
    assert Verification.objects.get().outcome == "refer"


def test_it_is_unavailable_without_a_service(flow: UserFlow) -> None:
    assert verify(flow, applicant()) == Answer.unavailable("not_set_up")
    assert not Verification.objects.exists()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sealed": "nonsense"}, "settings_unreadable"),
        ({"kind": "of-a-newer-version"}, "service_unknown"),
    ],
)
def test_it_is_unavailable_when_its_settings_cannot_be_used(
    flow: UserFlow, verified: VerificationService, service: Service, change: dict[str, str], code: str
) -> None:
    before = {name: getattr(verified, name) for name in change}
    VerificationService.objects.update(**change)
    answer = verify(flow, applicant())
    assert (answer.outcome, answer.reasons) == ("unavailable", (code,))
    row = Verification.objects.get()
    assert (row.pk, row.outcome) == (answer.verification, "unavailable")
    VerificationService.objects.update(**before)
    service.answers(PASS)
    assert verify(flow, applicant()).outcome == "passed"


def test_it_uses_the_default_of_a_setting_that_is_newer_than_the_settings(
    flow: UserFlow, verified: VerificationService, service: Service, idology: dict[str, str]
) -> None:
    VerificationService.objects.update(sealed=seal({"url": service.url, "username": "u", "password": "p"}))
    assert verify(flow, applicant()).reasons == ("untrusted",)


def test_it_ends_within_its_budget(flow: UserFlow, verified: VerificationService, service: Service) -> None:
    service.drips(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000)
    began = time.monotonic()
    answer = verify(flow, applicant(), budget=0.5)
    assert 0.4 < time.monotonic() - began < 3
    assert (answer.outcome, answer.reasons) == ("unavailable", ("timeout",))


def test_it_has_the_budget_of_its_settings(flow: UserFlow, idology: dict[str, str], service: Service) -> None:
    configure(flow, "idology", idology, actor=None, budget_seconds=1)
    service.hangs()
    began = time.monotonic()
    assert verify(flow, applicant()).reasons == ("timeout",)
    assert 0.9 < time.monotonic() - began < 4


def test_it_does_not_take_its_time_from_the_database(
    flow: UserFlow, verified: VerificationService, service: Service
) -> None:
    service.hangs()
    with patience.bounded(time.monotonic()):
        before = patience.left()
        verify(flow, applicant(), budget=0.5)
        after = patience.left()
    assert before is not None
    assert after is not None
    assert before - after < 0.4


def test_it_refuses_to_wait_for_a_service_inside_a_transaction(flow: UserFlow, verified: VerificationService) -> None:
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        verify(flow, applicant())


class TestTheRow:
    """Who may ask."""

    def question(self, flow: UserFlow) -> questions.Question:
        return questions.Question(flow, applicant().key, "idology", ("f" * 64,))

    def test_one_alone_may_ask(self, flow: UserFlow) -> None:
        question = self.question(flow)
        assert questions.claim(question, None) is not None
        assert questions.claim(question, None) is None
        assert questions.claim(question, questions.find(question)) is None

    def test_whoever_has_died_is_relieved_once(self, flow: UserFlow) -> None:
        question = self.question(flow)
        first = questions.claim(question, None)
        assert first is not None
        long_ago = timezone.now() - timedelta(seconds=61)
        Verification.objects.update(at=long_ago)
        first.at = long_ago
        known = questions.find(question)
        second = questions.claim(question, known)
        assert second is not None
        assert questions.claim(question, first) is None
        # The dead speaks after all: what it does not know is not kept, what it knows is.
        assert questions.conclude(first, Answer.unavailable("timeout")).reasons == ("being_asked",)
        assert questions.conclude(first, Answer(Outcome.FAILED, "1")).outcome == "failed"
        assert questions.conclude(second, Answer(Outcome.PASSED, "2")).outcome == "failed"
        assert Verification.objects.get().vendor_reference == "1"

    def test_nobody_takes_a_conclusive_answer_back(self, flow: UserFlow) -> None:
        question = self.question(flow)
        row = questions.claim(question, None)
        assert row is not None
        questions.conclude(row, Answer(Outcome.PASSED))
        assert questions.claim(question, questions.find(question)) is None
        assert questions.conclude(row, Answer.unavailable("late")).outcome == "passed"

    def test_it_waits_for_who_is_asking_and_no_longer_than_it_may(
        self, flow: UserFlow, verified: VerificationService, service: Service
    ) -> None:
        service.answers(PASS)
        done = verify(flow, applicant())
        Verification.objects.update(outcome="asking", at=timezone.now())
        began = time.monotonic()
        answer = verify(flow, applicant(), budget=0.3)
        assert 0.2 < time.monotonic() - began < 3
        assert answer == Answer(Outcome.UNAVAILABLE, "", ("being_asked",), done.verification)
        assert len(service.calls) == 1


class TestTheCircuit:
    """A dead service is left alone."""

    def test_it_asks_no_more_after_three_failures(
        self, flow: UserFlow, verified: VerificationService, service: Service
    ) -> None:
        service.hangs()
        for _ in range(3):
            assert verify(flow, applicant(), budget=0.1).reasons == ("timeout",)
        began = time.monotonic()
        assert verify(flow, applicant()).reasons == ("resting",)
        assert time.monotonic() - began < 1
        assert len(service.calls) <= 3

    def test_it_gives_a_kept_answer_meanwhile(
        self, flow: UserFlow, verified: VerificationService, service: Service
    ) -> None:
        service.answers(PASS)
        verify(flow, applicant())
        service.answers(ERROR)
        for number in range(3):
            verify(flow, applicant(f"Smith{number}"))
        assert verify(flow, applicant("Other")).reasons == ("resting",)
        assert verify(flow, applicant()).outcome == "passed"

    def test_it_asks_at_once_when_the_settings_have_changed(
        self, flow: UserFlow, verified: VerificationService, service: Service
    ) -> None:
        service.answers(ERROR)
        for _ in range(4):
            answer = verify(flow, applicant())
        assert answer.reasons == ("resting",)
        configure(flow, "idology", {"username": "corrected"}, actor=None)
        service.answers(PASS)
        assert verify(flow, applicant()).outcome == "passed"

    def test_an_answer_of_any_kind_ends_the_count(
        self, flow: UserFlow, verified: VerificationService, service: Service
    ) -> None:
        for said in (ERROR, ERROR, FAIL, ERROR, ERROR, PASS):
            service.answers(said)
            assert verify(flow, applicant(f"{len(service.calls)}")).reasons != ("resting",)
        assert len(service.calls) == 6

    def test_after_a_rest_one_alone_tries(self, verified: VerificationService, monkeypatch: pytest.MonkeyPatch) -> None:
        switch = circuit.Circuit()
        for _ in range(3):
            assert switch.may_ask(verified)
            switch.note(verified, answered=False)
        assert not switch.may_ask(verified)
        monkeypatch.setattr(circuit, "REST_SECONDS", 0.0)
        switch.note(verified, answered=False)
        monkeypatch.undo()
        assert [switch.may_ask(verified) for _ in range(3)] == [True, False, False]
        switch.note(verified, answered=True)
        assert [switch.may_ask(verified) for _ in range(3)] == [True, True, True]


def test_it_counts_failures_by_what_was_different(
    flow: UserFlow, verified: VerificationService, service: Service
) -> None:
    service.answers(FAIL)
    for surname in ("Smith", "Smyth", "Smith", "Smythe"):
        verify(flow, applicant(surname))
    verify(flow, applicant("Other", email="other@fabrikam.example"))
    service.answers(PASS)
    verify(flow, applicant("Smithe"))
    assert failures(flow, applicant()) == 3


class TestTheRequest:
    """What a request shows of it."""

    def test_it_shows_every_try_and_says_so_once(
        self, flow: UserFlow, verified: VerificationService, service: Service
    ) -> None:
        service.answers(FAIL)
        verify(flow, applicant("Smyth"))
        service.answers(PASS)
        answer = verify(flow, applicant())
        request = make_request(flow)
        assert attach(answer, request)
        assert not attach(answer, request)
        assert [row.outcome for row in request.verifications.all()] == ["failed", "passed"]
        event = AuditEvent.objects.get(action="request.verified")
        assert event.request == request
        assert event.data == {
            "vendor": "idology",
            "outcome": "passed",
            "reference": "2073386242",
            "reasons": ["id.success", "result.match"],
        }

    def test_a_later_request_takes_the_answer_that_it_was_given(
        self, flow: UserFlow, verified: VerificationService, service: Service
    ) -> None:
        service.answers(PASS)
        first, answer = make_request(flow, status="denied"), verify(flow, applicant())
        attach(answer, first)
        SignUpRequest.objects.update(status="expired")
        second = make_request(flow)
        assert attach(verify(flow, applicant()), second)
        assert [row.pk for row in second.verifications.all()] == [answer.verification]
        assert AuditEvent.objects.filter(action="request.verified").count() == 2

    def test_it_shows_nobody_elses(self, flow: UserFlow, verified: VerificationService, service: Service) -> None:
        service.answers(PASS)
        verify(flow, applicant(email="other@fabrikam.example"))
        answer, request = verify(flow, applicant()), make_request(flow)
        attach(answer, request)
        assert request.verifications.count() == 1
        assert not attach(Answer.unavailable("not_set_up"), request)

    def test_it_says_nothing_in_the_audit_trail_while_it_is_being_asked(
        self, flow: UserFlow, verified: VerificationService, service: Service
    ) -> None:
        service.answers(PASS)
        verify(flow, applicant())
        Verification.objects.update(outcome="asking")
        request = make_request(flow)
        assert attach(verify(flow, applicant(), budget=0.1), request)
        assert request.verifications.count() == 1
        assert not AuditEvent.objects.filter(action="request.verified").exists()


def test_it_lives_with_a_service_that_breaks(
    flow: UserFlow, verified: VerificationService, monkeypatch: pytest.MonkeyPatch, log_lines: io.StringIO
) -> None:
    monkeypatch.setitem(registry.VENDORS, "idology", "tests.verification.broken.Broken")
    for where in ("inputs", "ask", "answers nonsense"):
        VerificationService.objects.update(sealed=seal({"where": where}))
        answer = verify(flow, applicant(where))
        assert answer.outcome == "unavailable"
    assert "secret-of-the-applicant" not in log_lines.getvalue()
    assert "verification_broke" in log_lines.getvalue()
