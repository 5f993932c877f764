"""The whole way, from an applicant to the stand-in of each service: every answer that it gives, and what it refuses."""

from __future__ import annotations

import json
import ssl
from typing import Any

import httpx
import pytest
from django.utils import timezone

from approvals.models import UserFlow, Verification
from connector.verification.asking import verify
from connector.verification.base import Answer
from connector.verification.experian import as_bytes, request_body, signature
from connector.verification.setting_up import configure
from connector.verification.trust import trust
from tests.factories import make_applicant
from tests.simulator_process import SimulatorProcess
from tests.verification.service import Service
from tests.verification.test_experian import EVENT

StandIns = dict[str, dict[str, str]]
IDOLOGY = {
    "Smith": ("passed", "id.success"),
    "Address": ("passed", "resultcode.address.does.not.match"),
    "Minor": ("passed", "resultcode.coppa.alert"),
    "Fail": ("failed", "id.not.eligible.for.questions"),
    "Refer": ("refer", "id.partial"),
    "Restricted": ("refer", "result.match.restricted"),
    "Unclear": ("refer", "result.not.enough.info"),
    "NoSummary": ("refer", "result.match"),
    "Contradictory": ("refer", "result.no.match"),
    "Unknown": ("refer", "id.whatever"),
    "Error": ("unavailable", "service_error"),
    "Failed": ("unavailable", "service_error"),
    "Dtd": ("unavailable", "unusable_answer"),
    "Bomb": ("unavailable", "unusable_answer"),
    "External": ("unavailable", "unusable_answer"),
}
CROSSCORE = {
    "Smith": ("passed", "CONTINUE"),
    "Fail": ("failed", "STOP"),
    "Refer": ("refer", "R17"),
    "Accept": ("refer", "ACCEPT"),
    "NoDecision": ("refer", "NODECISION"),
    "Unknown": ("refer", "PERHAPS"),
    "Missing": ("refer", "R0201"),
    "Partial": ("refer", "P0915"),
    "Contradictory": ("refer", "CONTINUE"),
    "Mistaken": ("refer", "CONTINUE"),
    "Error": ("unavailable", "R0203"),
    "Broken": ("unavailable", "R0201"),
}
UNWELL = {
    "500": "http_500",
    "503": "http_503",
    "html": "unusable_answer",
    "malformed": "unusable_answer",
    "empty": "unusable_answer",
    "huge": "answer_too_large",
    "redirect": "http_307",
    "hang": "timeout",
    "drip": "timeout",
}
ANSWERS = [("idology", *each) for each in IDOLOGY.items()] + [("experian", *each) for each in CROSSCORE.items()]


def ask(flow: UserFlow, surname: str = "Smith", budget: float = 20.0) -> Answer:
    whole: Any = {"streetAddress": "1 Main Street", "postalCode": "30303", "city": "Atlanta", "state": "Georgia"}
    return verify(flow, make_applicant(surname=surname, **whole), budget=budget)


@pytest.mark.parametrize(("kind", "surname", "expected"), ANSWERS)
def test_every_answer_leads_to_what_the_documentation_says(
    flow: UserFlow, stand_ins: StandIns, kind: str, surname: str, expected: tuple[str, str]
) -> None:
    configure(flow, kind, stand_ins[kind], actor=None)
    answer = ask(flow, surname)
    assert (answer.outcome, expected[1] in answer.reasons) == (expected[0], True), answer
    assert bool(answer.reference) == (answer.outcome != "unavailable")


@pytest.mark.parametrize("kind", ["idology", "experian"])
@pytest.mark.parametrize(("word", "code"), UNWELL.items())
def test_a_service_that_is_unwell_is_unavailable(
    flow: UserFlow, stand_ins: StandIns, simulator: SimulatorProcess, kind: str, word: str, code: str
) -> None:
    configure(flow, kind, stand_ins[kind], actor=None)
    simulator.fault("verification", value=word)
    answer = ask(flow, budget=0.5 if code == "timeout" else 20)
    assert (answer.outcome, answer.reasons) == ("unavailable", (code,))
    simulator.clear_faults()
    assert ask(flow).outcome == "passed"


def test_the_same_sign_up_is_asked_about_once(flow: UserFlow, stand_ins: StandIns, simulator: SimulatorProcess) -> None:
    configure(flow, "experian", stand_ins["experian"], actor=None)
    assert ask(flow) == ask(flow)
    (call,) = simulator.get("vendor-calls")
    assert (call["vendor"], call["answer"], call["refused"]) == ("crosscore", "pass", "")
    assert Verification.objects.count() == 1


def test_idology_takes_nobody_elses_password(flow: UserFlow, stand_ins: StandIns) -> None:
    configure(flow, "idology", {**stand_ins["idology"], "password": "guessed"}, actor=None)
    assert ask(flow).reasons == ("credentials_refused",)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"signature_key": "guessed"}, "http_401"),
        ({"tenant_id": "fabrikam"}, "http_401"),
    ],
)
def test_crosscore_takes_no_other_signature_or_tenant(
    flow: UserFlow, stand_ins: StandIns, change: dict[str, str], code: str
) -> None:
    configure(flow, "experian", {**stand_ins["experian"], **change}, actor=None)
    assert ask(flow).reasons == (code,)


def test_crosscore_takes_no_certificate_of_another_authority(
    flow: UserFlow, stand_ins: StandIns, simulator: SimulatorProcess, service: Service
) -> None:
    foreign = {"client_certificate": service.client_certificate, "client_key": service.client_key}
    configure(flow, "experian", {**stand_ins["experian"], **foreign}, actor=None)
    assert ask(flow).reasons in (("certificate_refused",), ("connection_broke",))
    assert simulator.get("vendor-calls") == []


INPUTS = {"firstName": "John", "surName": "Smith"}


def crosscore(settings: dict[str, str], body: bytes, *, certificate: bool = True, signed: str = "") -> httpx.Response:
    """What CrossCore answers to a body of any kind, signed as it should be."""
    trusted = ssl.create_default_context(cadata=settings["ca_certificates"])
    if certificate:
        trusted = trust(settings["ca_certificates"], settings["client_certificate"], settings["client_key"])
    signed = signed or signature(body, settings["signature_key"])
    headers = {"Content-Type": "application/json", "hmac-signature": signed}
    with httpx.Client(verify=trusted, trust_env=False, timeout=20) as client:
        return client.post(settings["url"], content=body, headers=headers)


def test_crosscore_wants_a_certificate(stand_ins: StandIns, simulator: SimulatorProcess) -> None:
    body = as_bytes(request_body(INPUTS, stand_ins["experian"], EVENT, timezone.now()))
    assert crosscore(stand_ins["experian"], body).status_code == 200
    refused = crosscore(stand_ins["experian"], body, certificate=False)
    assert (refused.status_code, "certificate" in refused.text) == (400, True)
    # Whoever signs in or asks Graph needs none.
    assert simulator.application_token()


def test_crosscore_looks_at_every_field(stand_ins: StandIns) -> None:
    settings = stand_ins["experian"]

    def changed(*path: str | int, value: Any = None) -> bytes:
        document: Any = request_body(INPUTS, settings, EVENT, timezone.now())
        inner = document
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
        return as_bytes(document)

    wrong = [
        b"",
        b"null",
        changed("header", "requestType"),
        changed("header", "messageTime", value="2026-01-02T03:04:05Z"),
        changed("header", "messageTime", value="now"),
        changed("header", "clientReferenceId", value="1"),
        changed("payload", "control", 2, value={"option": "EVENT_ID", "value": str(EVENT).replace("5", "6")}),
        changed("payload", "device", value={"id": "DEVICE_1"}),
        changed("payload", "application", "applicationId", value="APPLICATION_1"),
        changed("payload", "contacts", 0, "emails", value=None),
        changed("payload", "contacts", 0, "telephones", value=[]),
        changed("payload", "contacts", 0, "person", "names", 0, "middleNames", value=None),
    ]
    for body in wrong:
        answer = crosscore(settings, body)
        assert (answer.status_code, answer.json()["responseHeader"]["responseType"]) == (400, "ERROR"), body
    good = changed("payload", "source", value="WEB")
    assert crosscore(settings, good).status_code == 200
    of_other_bytes = signature(good + b" ", settings["signature_key"])
    assert crosscore(settings, good, signed=of_other_bytes).status_code == 401


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"username": "guessed"}, "Invalid username and password"),
        ({"zip": ""}, "Missing field: zip"),
        ({"firstName": None}, "Missing field: firstName"),
        ({"givenName": "John"}, "Unknown field: givenName"),
        ({"state": "Georgia"}, "two letters"),
    ],
)
def test_idology_looks_at_every_field(stand_ins: StandIns, change: dict[str, Any], word: str) -> None:
    settings = stand_ins["idology"]
    form = {"username": settings["username"], "password": settings["password"], "firstName": "John"}
    form |= {"lastName": "Smith", "address": "1 Main Street", "zip": "30303", "state": "GA"}
    form = {name: value for name, value in {**form, **change}.items() if value is not None}
    trusted = ssl.create_default_context(cadata=settings["ca_certificates"])
    with httpx.Client(verify=trusted, trust_env=False, timeout=20) as client:
        answer = client.post(settings["url"], data=form)
    assert (answer.status_code, word in answer.text) == (200, True), answer.text


def test_a_switched_on_answer_goes_to_everybody_as_often_as_it_says(
    flow: UserFlow, stand_ins: StandIns, simulator: SimulatorProcess
) -> None:
    configure(flow, "idology", stand_ins["idology"], actor=None)
    simulator.fault("verification", value="fail", count=1)
    assert [str(ask(flow, surname).outcome) for surname in ("Smith", "Smythe", "Refer")] == [
        "failed",
        "passed",
        "refer",
    ]


def test_the_journal_keeps_no_password(flow: UserFlow, stand_ins: StandIns, simulator: SimulatorProcess) -> None:
    configure(flow, "idology", stand_ins["idology"], actor=None)
    ask(flow)
    assert "demo~password" not in json.dumps(simulator.get("vendor-calls"))
    simulator.reset()
    assert simulator.get("vendor-calls") == []
