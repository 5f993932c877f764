"""IDology ExpectID, asked over HTTPS: every documented answer, and those that nobody documented."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st

from connector.claims import parse
from connector.verification import idology as module
from connector.verification.base import Answer, NoAnswer, Outcome
from connector.verification.idology import ExpectID
from tests.verification.service import Service

TIMEOUT = 20.0
CLAIMS = {
    "email": "john.smith@fabrikam.example",
    "givenName": "John",
    "surname": "Smith",
    "streetAddress": "1 Main Street\nApartment 2",
    "city": "Atlanta",
    "postalCode": "30303",
    "state": "ga",
    "country": "United States",
}
MATCH = "<results><key>result.match</key><message>ID Located</message></results>"
NO_MATCH = "<results><key>result.no.match</key><message>ID Not Located</message></results>"
SUCCESS = "<summary-result><key>id.success</key><message>PASS</message></summary-result>"
FAILURE = "<summary-result><key>id.failure</key><message>FAIL</message></summary-result>"
QUALIFIERS = (
    "<qualifiers><qualifier><key>resultcode.address.does.not.match</key><message>Address Does Not Match</message>"
    "</qualifier><qualifier><key>resultcode.coppa.alert</key><message>COPPA</message></qualifier></qualifiers>"
)
NUMBER = "<id-number>2073386242</id-number>"


def response(*parts: str) -> str:
    return f"<response>{NUMBER}{''.join(parts)}</response>"


def summary(key: str) -> str:
    return f"<summary-result><key>{key}</key></summary-result>"


def results(key: str) -> str:
    return f"<results><key>{key}</key></results>"


def ask(service: Service, settings: dict[str, str], said: Any, **sent: Any) -> Answer:
    service.answers(said, **sent)
    inputs = ExpectID().inputs(parse(CLAIMS).applicant, settings)
    return ExpectID().ask(inputs, settings, timeout=TIMEOUT)


def test_it_posts_a_form_with_the_claims_that_entra_sends(service: Service, idology: dict[str, str]) -> None:
    ask(service, idology, response(SUCCESS, MATCH))
    (call,) = service.calls
    assert call.headers["content-type"] == "application/x-www-form-urlencoded"
    assert dict(parse_qsl(call.body.decode(), strict_parsing=True)) == {
        "username": "foyer",
        "password": "pass/word&",
        "firstName": "John",
        "lastName": "Smith",
        "address": "1 Main Street Apartment 2",
        "city": "Atlanta",
        "zip": "30303",
        "state": "GA",
    }


def test_it_sends_no_state_that_is_not_two_letters_and_nothing_empty(idology: dict[str, str]) -> None:
    claims = {"email": "a@b.example", "givenName": "  ", "surname": "Šmíd", "state": "Georgia"}
    assert ExpectID().inputs(parse(claims).applicant, idology) == {"lastName": "Šmíd"}


def test_it_says_what_is_missing() -> None:
    assert ExpectID().missing({"firstName": "John", "address": "1 Main Street"}) == ("lastName", "zip")


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [
        ((SUCCESS, MATCH), "passed"),
        ((SUCCESS, MATCH, QUALIFIERS), "passed"),
        ((FAILURE, NO_MATCH), "failed"),
        ((FAILURE, NO_MATCH, "<idliveq-error><key>id.not.eligible.for.questions</key></idliveq-error>"), "failed"),
        ((FAILURE, MATCH, QUALIFIERS), "failed"),
        ((FAILURE,), "failed"),
        ((summary("id.partial"), MATCH), "refer"),
        ((SUCCESS, results("result.match.restricted")), "refer"),
        ((FAILURE, results("result.match.restricted")), "refer"),
        ((FAILURE, results("result.not.enough.info")), "refer"),
        ((SUCCESS, results("result.not.enough.info")), "refer"),
        ((MATCH,), "refer"),
        ((NO_MATCH,), "refer"),
        ((SUCCESS,), "refer"),
        ((), "refer"),
        ((SUCCESS, NO_MATCH), "refer"),
        ((SUCCESS, FAILURE, MATCH), "refer"),
        ((SUCCESS, SUCCESS, MATCH), "refer"),
        ((SUCCESS, MATCH, NO_MATCH), "refer"),
        ((summary("id.success.perhaps"), MATCH), "refer"),
        ((summary("ID.SUCCESS"), MATCH), "refer"),
        ((summary(""), MATCH), "refer"),
        (("<summary-result/>", MATCH), "refer"),
        ((SUCCESS, results("result.match.unheard.of")), "refer"),
        ((f"<wrapped>{SUCCESS}{MATCH}</wrapped>",), "refer"),
    ],
)
def test_it_passes_nobody_but_for_one_clear_answer(
    service: Service, idology: dict[str, str], parts: tuple[str, ...], outcome: str
) -> None:
    answer = ask(service, idology, response(*parts))
    assert (answer.outcome, answer.reference) == (outcome, "2073386242")


def test_it_keeps_codes_and_none_of_the_services_sentences(service: Service, idology: dict[str, str]) -> None:
    sentence = "<qualifier><key>John Smith of 1 Main Street is known</key></qualifier>"
    answer = ask(
        service, idology, response(SUCCESS, MATCH, QUALIFIERS.replace("</qualifiers>", f"{sentence}</qualifiers>"))
    )
    assert answer.reasons == (
        *("id.success", "result.match"),
        *("resultcode.address.does.not.match", "resultcode.coppa.alert"),
    )


def test_it_keeps_no_more_codes_than_a_person_reads(service: Service, idology: dict[str, str]) -> None:
    many = "".join(f"<qualifier><key>resultcode.{number}</key></qualifier>" for number in range(500))
    answer = ask(service, idology, response(SUCCESS, MATCH, f"<qualifiers>{many}</qualifiers>"))
    assert len(answer.reasons) == 20
    long = response(SUCCESS, MATCH, f"<qualifiers><qualifier><key>{'x' * 81}</key></qualifier></qualifiers>")
    assert ask(service, idology, long).reasons == ("id.success", "result.match")


def test_it_keeps_no_reference_that_is_none(service: Service, idology: dict[str, str]) -> None:
    for number in ("", "<id-number/>", "<id-number>John Smith</id-number>", f"<id-number>{'1' * 101}</id-number>"):
        assert ask(service, idology, f"<response>{number}{SUCCESS}{MATCH}</response>").reference == ""


BOMB = "<!DOCTYPE r [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'>]><response>&b;</response>"
DTD = f"<!DOCTYPE response>{response(SUCCESS, MATCH)}"
EXTERNAL = "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><response><id-number>&x;</id-number></response>"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("<response><error>Invalid username and password</error></response>", "credentials_refused"),
        ("<response><error>Your IP address is not registered</error></response>", "service_error"),
        ("<response><failed>Down for maintenance</failed></response>", "service_error"),
        ("<response><error/></response>", "service_error"),
        (response(SUCCESS, MATCH, "<error>Something</error>"), "service_error"),
        ("", "unusable_answer"),
        ("PASS", "unusable_answer"),
        ('{"response": {"summary-result": {"key": "id.success"}}}', "unusable_answer"),
        ("<html><body>Bad gateway</body></html>", "unusable_answer"),
        ("<html><body><p>Bad gateway</body></html>", "unusable_answer"),
        (f"<answer>{SUCCESS}{MATCH}</answer>", "unusable_answer"),
        (response(SUCCESS, MATCH)[:-5], "unusable_answer"),
        (response(SUCCESS, MATCH) * 2, "unusable_answer"),
        (BOMB, "unusable_answer"),
        (DTD, "unusable_answer"),
        (EXTERNAL, "unusable_answer"),
        (b"\xff\xfe\x00broken", "unusable_answer"),
        (f'<?xml version="1.0" encoding="klingon"?>{response(SUCCESS, MATCH)}', "unusable_answer"),
        (f'<?xml version="1.0" encoding="shift_jis"?>{response(SUCCESS, MATCH)}', "unusable_answer"),
    ],
)
def test_it_says_that_there_was_no_answer(service: Service, idology: dict[str, str], said: Any, code: str) -> None:
    with pytest.raises(NoAnswer) as caught:
        ask(service, idology, said)
    assert caught.value.code == code
    assert str(caught.value) == code


def test_it_reads_no_answer_with_another_status(service: Service, idology: dict[str, str]) -> None:
    with pytest.raises(NoAnswer, match="http_500"):
        ask(service, idology, response(SUCCESS, MATCH), status=500)


KEYS = st.sampled_from(["id.success", "id.failure", "id.partial", "result.match", "result.no.match", "x", ""])


@bounded(deadline=None)
@given(st.lists(KEYS, max_size=3), st.lists(KEYS, max_size=3))
def test_it_never_passes_for_more_or_less_than_the_documented_pass(summaries: list[str], found: list[str]) -> None:
    body = response(*map(summary, summaries), *map(results, found))
    passed = module.read(body.encode()).outcome == Outcome.PASSED
    assert passed == (summaries == ["id.success"] and found == ["result.match"])
