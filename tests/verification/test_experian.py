"""Experian CrossCore, asked over HTTPS with a client certificate: the exact body, its signature, every kind of answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from connector.claims import parse
from connector.verification import experian as module
from connector.verification.base import Answer, NoAnswer, Outcome
from connector.verification.experian import CrossCore, request_body, signature
from tests.verification.service import Handler, Service

TIMEOUT = 20.0
APP = "831374b3bd5041bfaa54263ec9e050fc"
CLAIMS = {
    "email": "jürgen.müller@fabrikam.example",
    "identities": [{"signInType": "federated", "issuer": "google.com", "issuerAssignedId": "1082"}],
    "givenName": "Jürgen",
    "surname": "Müller",
    "streetAddress": "1 Main Street",
    "city": "Atlanta",
    "postalCode": "30303",
    "state": "Georgia",
    "country": "United States",
    f"extension_{APP}_PhoneNumber": "+1 404 555 0100",
    f"extension_{APP}_MiddleName": "Q.",
    "extension_00000000000000000000000000000000_PhoneNumber": "of another application",
}
GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EVENT = UUID("5f1c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5")


def crosscore(decision: Any = "CONTINUE", **header: Any) -> dict[str, Any]:
    """An answer as CrossCore gives it; `decision` None leaves the whole overall response out."""
    overall = (
        {} if decision is None else {"overallResponse": {"decision": decision, "score": 10, "decisionReasons": []}}
    )
    return {
        "responseHeader": {
            "tenantID": "contoso",
            "requestType": "PreciseIdOnly",
            "expRequestId": "RB000000123",
            **overall,
            "responseCode": "R0201",
            "responseType": "INFO",
            "responseMessage": "Workflow Complete.",
            **header,
        },
        "clientResponsePayload": {"orchestrationDecisions": [], "decisionElements": []},
    }


def ask(service: Service, settings: dict[str, str], said: Any, claims: Any = None, status: int = 200) -> Answer:
    body = said if isinstance(said, str | bytes) else json.dumps(said)
    service.answers(body, status, "application/json")
    inputs = CrossCore().inputs(parse(claims or CLAIMS).applicant, settings)
    return CrossCore().ask(inputs, settings, timeout=TIMEOUT)


def test_it_sends_exactly_the_documented_body(guarded: Service, experian: dict[str, str]) -> None:
    ask(guarded, experian, crosscore())
    (call,) = guarded.calls
    sent = json.loads(call.body)
    event, moment = sent["header"]["clientReferenceId"], sent["header"]["messageTime"]
    assert GUID.fullmatch(event)
    assert abs(datetime.now(UTC) - datetime.strptime(moment, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)).seconds < 60
    name = {
        "id": "MAINPERSONNAME_1",
        "type": "CURRENT",
        "firstName": "Jürgen",
        "middleNames": "Q.",
        "surName": "Müller",
    }
    address = {
        "id": "MAINADDRESS_1",
        "addressType": "CURRENT",
        "street": "1 Main Street",
        "postTown": "Atlanta",
        "postal": "30303",
        "stateProvinceCode": "Georgia",
        "countryCode": "United States",
    }
    phone = {"id": "MAINAPPLICANT_PHONE", "phoneIdentifier": "HOME", "number": "+1 404 555 0100"}
    assert sent == {
        "header": {
            "tenantId": "contoso",
            "requestType": "PreciseIdOnly",
            "clientReferenceId": event,
            "messageTime": moment,
            "options": {"workflow": "wf1"},
        },
        "payload": {
            "source": "WEB",
            "control": [
                {"option": "ORG_CODE", "value": "CONTOSO"},
                {"option": "MODEL_CODE", "value": "MODEL1"},
                {"option": "EVENT_ID", "value": event},
            ],
            "application": {
                "type": "APPLICANT",
                "applicantionId": "APPLICATION_1",
                "originalRequestTime": moment,
                "applicants": [
                    {
                        "id": "MAINAPPLICANT_1",
                        "type": "INDIVIDUAL",
                        "applicantType": "APPLICANT",
                        "contactId": "MAINCONTACT_1",
                    }
                ],
            },
            "contacts": [
                {"id": "MAINCONTACT_1", "person": {"names": [name]}, "addresses": [address], "telephones": [phone]}
            ],
        },
    }


def test_it_leaves_out_what_has_no_value(experian: dict[str, str]) -> None:
    claims = {"email": "a@b.example", "givenName": "Ana", "surname": "Ruiz"}
    inputs = CrossCore().inputs(parse(claims).applicant, {**experian, "extension_app_id": ""})
    body = request_body(inputs, experian, EVENT, datetime(2026, 1, 2, 3, 4, 5, 999_999, UTC))
    name = {"id": "MAINPERSONNAME_1", "type": "CURRENT", "firstName": "Ana", "surName": "Ruiz"}
    assert body["payload"]["contacts"] == [{"id": "MAINCONTACT_1", "person": {"names": [name]}}]
    assert (
        body["header"]["messageTime"] == body["payload"]["application"]["originalRequestTime"] == "2026-01-02T03:04:05Z"
    )
    assert "device" not in body["payload"]
    assert "null" not in json.dumps(body)


def test_it_takes_telephone_and_middle_name_only_of_the_configured_application(experian: dict[str, str]) -> None:
    applicant = parse(CLAIMS).applicant
    assert {"number", "middleNames"} <= CrossCore().inputs(applicant, experian).keys()
    assert not {"number", "middleNames"} & CrossCore().inputs(applicant, {**experian, "extension_app_id": ""}).keys()
    other = CrossCore().inputs(applicant, {**experian, "extension_app_id": "0" * 32})
    assert (other["number"], "middleNames" in other) == ("of another application", False)


def test_it_asks_each_time_under_another_reference(guarded: Service, experian: dict[str, str]) -> None:
    ask(guarded, experian, crosscore())
    ask(guarded, experian, crosscore())
    first, second = (json.loads(call.body)["header"]["clientReferenceId"] for call in guarded.calls)
    assert first != second


def test_it_signs_as_the_vector_says() -> None:
    assert signature(b'{"header":{"tenantId":"t"}}', "test-key") == "xwSNlj6HCI6YetolNTDajWXJy+XqPFYcLzxfCWBB+Zw="


def test_it_signs_the_very_bytes_that_it_sends(guarded: Service, experian: dict[str, str]) -> None:
    ask(guarded, experian, crosscore())
    (call,) = guarded.calls
    expected = base64.b64encode(hmac.new(b"test-key", call.body, hashlib.sha256).digest()).decode()
    assert call.headers["hmac-signature"] == expected
    assert "Müller".encode() in call.body
    assert call.headers["content-type"] == "application/json"


def test_it_shows_its_certificate(guarded: Service, experian: dict[str, str]) -> None:
    ask(guarded, experian, crosscore())
    assert guarded.calls[0].certificate is not None


def test_it_gets_no_answer_with_another_certificate(
    guarded: Service, service: Service, experian: dict[str, str]
) -> None:
    wrong = {**experian, "client_certificate": service.client_certificate, "client_key": service.client_key}
    with pytest.raises(NoAnswer, match=r"certificate_refused|connection_broke"):
        ask(guarded, wrong, crosscore())
    assert guarded.calls == []


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (crosscore("CONTINUE"), "passed"),
        (crosscore("CONTINUE", responseType="WARN"), "passed"),
        (crosscore("REFER"), "refer"),
        (crosscore("STOP"), "failed"),
        (crosscore("ACCEPT"), "refer"),
        (crosscore("NODECISION"), "refer"),
        (crosscore("continue"), "refer"),
        (crosscore("CONTINUE "), "refer"),
        (crosscore(""), "refer"),
        (crosscore(None), "refer"),
        (crosscore(["CONTINUE"]), "refer"),
        (crosscore({"CONTINUE": True}), "refer"),
        (crosscore(True), "refer"),
        (crosscore(None, overallResponse=None), "refer"),
        (crosscore(None, overallResponse="CONTINUE"), "refer"),
        (crosscore(None, overallResponse=[{"decision": "CONTINUE"}]), "refer"),
        (crosscore("CONTINUE", responseType="ERROR"), "refer"),
        (crosscore("STOP", responseType="ERROR"), "refer"),
        (crosscore("CONTINUE", clientReferenceId="5f1c2d3e-4a5b-4c6d-8e7f-90a1b2c3d4e5"), "refer"),
        ({"responseHeader": {}}, "refer"),
    ],
)
def test_it_passes_nobody_but_for_continue(guarded: Service, experian: dict[str, str], said: Any, outcome: str) -> None:
    assert ask(guarded, experian, said).outcome == outcome


def test_it_takes_an_answer_that_repeats_our_reference(guarded: Service, experian: dict[str, str]) -> None:
    def repeat(handler: Handler) -> None:
        event = json.loads(guarded.calls[-1].body)["header"]["clientReferenceId"]
        handler.send(json.dumps(crosscore("CONTINUE", clientReferenceId=event)).encode())

    guarded.respond = repeat
    inputs = CrossCore().inputs(parse(CLAIMS).applicant, experian)
    assert CrossCore().ask(inputs, experian, timeout=TIMEOUT) == Answer(
        Outcome.PASSED, "RB000000123", ("CONTINUE", "R0201")
    )


def test_it_passes_nobody_when_a_part_of_the_answer_is_missing(guarded: Service, experian: dict[str, str]) -> None:
    said = crosscore("CONTINUE")
    problem = {"responseType": "ERROR", "responseCode": "P0915", "responseMessage": "John Smith not found"}
    said["clientResponsePayload"]["decisionElements"] = [{"serviceName": "PreciseId", "warningsErrors": [problem]}]
    answer = ask(guarded, experian, said)
    assert (answer.outcome, answer.reasons) == ("refer", ("CONTINUE", "R0201", "P0915"))
    problem["responseType"] = "WARNING"
    assert ask(guarded, experian, said).outcome == "passed"


def test_it_keeps_codes_and_none_of_the_services_sentences(guarded: Service, experian: dict[str, str]) -> None:
    said = crosscore("REFER", expRequestId="Jürgen Müller")
    said["responseHeader"]["overallResponse"]["decisionReasons"] = ["R17", "Jürgen Müller is known", {"a": 1}, 7, "R17"]
    answer = ask(guarded, experian, said)
    assert (answer.reference, answer.reasons) == ("", ("REFER", "R17", "R0201"))


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (crosscore(None, responseType="ERROR", responseCode="R0301"), "R0301"),
        (crosscore("ERROR"), "R0201"),
        (crosscore(None, responseType="ERROR", responseCode="A sentence."), "service_error"),
        (crosscore(None, responseType="ERROR", responseCode=None), "service_error"),
        ("", "unusable_answer"),
        ("<html>Bad gateway</html>", "unusable_answer"),
        ("null", "unusable_answer"),
        ('"CONTINUE"', "unusable_answer"),
        ("[]", "unusable_answer"),
        ("{}", "unusable_answer"),
        ('{"responseHeader": null}', "unusable_answer"),
        (json.dumps(crosscore())[:-1], "unusable_answer"),
        ("[" * 100_000, "unusable_answer"),
        (b"\xff\xff", "unusable_answer"),
    ],
)
def test_it_says_that_there_was_no_answer(guarded: Service, experian: dict[str, str], said: Any, code: str) -> None:
    with pytest.raises(NoAnswer) as caught:
        ask(guarded, experian, said)
    assert caught.value.code == code


@pytest.mark.parametrize("status", [201, 302, 400, 401, 500])
def test_it_looks_at_the_status(guarded: Service, experian: dict[str, str], status: int) -> None:
    with pytest.raises(NoAnswer, match=f"http_{status}"):
        ask(guarded, experian, crosscore("CONTINUE"), status=status)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["CONTINUE", "STOP", "ERROR", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["overallResponse", "decision", "responseType", "decisionElements", "warningsErrors", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@bounded(deadline=None)
@given(JSON, JSON)
def test_it_never_passes_by_accident_and_never_breaks(header: Any, payload: Any) -> None:
    said = {"responseHeader": header, "clientResponsePayload": payload}
    try:
        outcome = module.read(json.dumps(said).encode(), EVENT).outcome
    except NoAnswer:
        return
    if outcome == Outcome.PASSED:
        assert header["overallResponse"]["decision"] == "CONTINUE"
