"""Who may not pass, and what bad input gets."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from approvals.models import AuditEvent, SignUpRequest, UserFlow
from connector.models import ConnectorCredential, TooManyCredentials, UnusableCall
from tests.connector.conftest import CLAIMS, Entra, answer, basic
from tests.connector.test_situations import is_block_page, is_continue
from tests.factories import make_flow

STEPS = ["check-status", "submit"]
EXTENSION = "extension_0123456789abcdef0123456789abcdef_Badge"


def bad_headers(good: str, other: str) -> dict[str, str | None]:
    """Authorization headers that must not open the door."""
    username, _, secret = base64.b64decode(good.removeprefix("Basic ")).decode().partition(":")
    return {
        "none": None,
        "empty": "",
        "wrong secret": basic(username, "wrong"),
        "empty secret": basic(username, ""),
        "secret with more": basic(username, secret + "x"),
        "wrong user name": basic("nobody", secret),
        "no colon": "Basic " + base64.b64encode(username.encode()).decode(),
        "not base64": "Basic ====",
        "not UTF-8": "Basic " + base64.b64encode(b"\xff\xfe:x").decode(),
        "NUL": basic("a\0b", secret),
        "bearer": good.replace("Basic", "Bearer"),
        "another flow's": other,
        "very long": "Basic " + "A" * 5000,
    }


@pytest.mark.parametrize("step", STEPS)
def test_wrong_credentials_get_one_answer(step: str, entra: Entra, as_entra: Callable[[UserFlow], Entra]) -> None:
    other = as_entra(make_flow("suppliers"))
    answers = set()
    for header in bad_headers(entra.authorization, other.authorization).values():
        headers = {} if header is None else {"Authorization": header}
        for slug in (entra.slug, "no-such-flow"):
            response = Client().post(
                f"/api/connectors/{slug}/{step}", json.dumps(CLAIMS), content_type="application/json", headers=headers
            )
            told = {name: value for name, value in response.items() if name != "X-Request-ID"}
            answers.add((response.status_code, response.content, tuple(sorted(told.items()))))
    assert len(answers) == 1
    status, body, headers_told = answers.pop()
    assert (status, json.loads(body)["code"]) == (401, "unauthorized")
    assert dict(headers_told)["WWW-Authenticate"].startswith("Basic realm=")
    assert not SignUpRequest.objects.exists()


def test_it_splits_at_the_first_colon(flow: UserFlow, entra: Entra) -> None:
    from connector.authentication import _basic

    assert _basic("Basic YXBpdXNlcjpwQHNzOndvcmQ=") == ("apiuser", "p@ss:word")


def test_good_credentials_of_an_unknown_flow_do_not_pass(entra: Entra) -> None:
    entra.slug = "no-such-flow"
    assert entra.call("submit").status_code == 401


def test_an_expired_or_revoked_credential_does_not_pass(flow: UserFlow, entra: Entra) -> None:
    ConnectorCredential.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert entra.call("submit").status_code == 401
    ConnectorCredential.objects.update(expires_at=None)
    assert entra.call("submit").status_code == 200
    ConnectorCredential.objects.get().revoke()
    assert entra.call("submit").status_code == 401


def test_two_credentials_live_so_that_one_replaces_the_other(
    flow: UserFlow, entra: Entra, as_entra: Callable[[UserFlow], Entra]
) -> None:
    newer = as_entra(flow)
    assert {caller.call("check-status").status_code for caller in (entra, newer)} == {200}
    with pytest.raises(TooManyCredentials):
        ConnectorCredential.issue(flow)
    ConnectorCredential.objects.earliest("pk").revoke()
    assert [caller.call("check-status").status_code for caller in (entra, newer)] == [401, 200]
    ConnectorCredential.issue(flow)


def test_it_knows_when_a_credential_was_used_last(entra: Entra) -> None:
    assert ConnectorCredential.objects.get().last_used_at is None
    entra.check_status()
    assert ConnectorCredential.objects.get().last_used_at is not None


def test_the_secret_is_nowhere_in_the_database(flow: UserFlow) -> None:
    credential, secret = ConnectorCredential.issue(flow)
    rows = [*ConnectorCredential.objects.values_list(), *AuditEvent.objects.values_list()]
    assert secret not in repr(rows)
    assert len(secret) >= 43
    assert credential.username in repr(rows)


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch", "options"])
def test_only_post_is_answered(method: str, entra: Entra) -> None:
    response = getattr(Client(), method)(f"/api/connectors/{entra.slug}/submit")
    assert (response.status_code, response["Allow"]) == (405, "POST")


UNUSABLE: dict[str, tuple[Any, str]] = {
    "not JSON": (b"{", "not_json"),
    "empty": (b" ", "not_json"),
    "NaN": (b'{"email":"a@b.example","x":NaN}', "not_json"),
    "infinite": (b'{"email":"a@b.example","x":1e400}', "not_json"),
    "bad UTF-8": (b'{"email":"\xff@b.example"}', "not_json"),
    "nested without end": (b"[" * 60000, "not_json"),
    "endlessly nested claim": (b'{"email":"a@b.example","x":' + b"[" * 30000 + b"]" * 30000 + b"}", "not_json"),
    "deeply nested claim": (b'{"email":"a@b.example","x":' + b"[" * 40 + b"]" * 40 + b"}", "too_deep"),
    "a list": ([CLAIMS], "not_an_object"),
    "text": ("hello", "not_an_object"),
    "null": (b"null", "not_an_object"),
    "no address": ({"displayName": "John"}, "no_email"),
    "null address": ({"email": None}, "no_email"),
    "address of another type": ({"email": ["a@b.example"]}, "no_email"),
    "empty address": ({"email": "  "}, "no_email"),
    "no @": ({"email": "fabrikam.example"}, "no_email"),
    "two @": ({"email": "a@b@c.example"}, "no_email"),
    "address with NUL": ({"email": "a\0@b.example"}, "no_email"),
    "address with a lone surrogate": (b'{"email":"a\\ud800@b.example"}', "no_email"),
    "address with a line": ({"email": "a@b.example\nBcc: x@y.example"}, "no_email"),
    "endless address": ({"email": "a" * 10000 + "@b.example"}, "no_email"),
    "identities of another type": ({**CLAIMS, "identities": "google.com"}, "bad_identities"),
    "identity without an id": ({**CLAIMS, "identities": [{"issuer": "google.com"}]}, "bad_identities"),
    "identity with a number": (
        {**CLAIMS, "identities": [{"issuer": "google.com", "issuerAssignedId": 108}]},
        "bad_identities",
    ),
    "too large": ({**CLAIMS, "x": "y" * 65536}, "too_large"),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("case", list(UNUSABLE))
def test_what_cannot_be_used_gets_a_block_page_with_a_code(case: str, step: str, entra: Entra) -> None:
    body, code = UNUSABLE[case]
    assert is_block_page(answer(entra.call(step, body)), code)
    kept = UnusableCall.objects.get()
    assert (kept.step, kept.code, kept.flow.slug) == (step, code, entra.slug)
    assert not SignUpRequest.objects.exists()


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "", "multipart/form-data; boundary=x"]
)
def test_another_content_type_gets_a_block_page(content_type: str, entra: Entra) -> None:
    assert is_block_page(answer(entra.call("submit", content_type=content_type)), "content_type")


@pytest.mark.parametrize("accept", ["text/html", "application/xml;q=0.9", "image/png", ""])
def test_the_answer_is_json_whatever_the_caller_accepts(accept: str, entra: Entra) -> None:
    assert is_continue(answer(entra.call("check-status", headers={"Accept": accept})))


def test_what_is_kept_of_an_unusable_call_has_no_claim(entra: Entra) -> None:
    entra.call("submit", {"displayName": "John Smith", "jobTitle": "Supplier"})
    kept = repr(list(UnusableCall.objects.values_list()))
    assert "John" not in kept
    assert "Supplier" not in kept


CORRECTABLE: dict[str, tuple[dict[str, Any], str]] = {
    "too long": ({"displayName": "x" * 257}, "256"),
    "far too long": ({"displayName": "x" * 10000}, "256"),
    "given name too long": ({"givenName": "x" * 65}, "64"),
    "custom attribute too long": ({EXTENSION: "x" * 257}, "Badge"),
    "NUL": ({"jobTitle": "a\0b"}, ""),
    "lone surrogate": ({"city": "a\ud800b"}, ""),
    "escape sequence": ({"displayName": "\x1b[31mred"}, ""),
    "line break in a name": ({"displayName": "John\nSmith"}, ""),
}


@pytest.mark.parametrize("case", list(CORRECTABLE))
def test_a_value_that_the_applicant_can_correct(case: str, entra: Entra) -> None:
    claims, word = CORRECTABLE[case]
    assert is_continue(entra.check_status({**CLAIMS, **claims}))
    response = entra.call("submit", {**CLAIMS, **claims})
    told = json.loads(response.content)
    assert (response.status_code, told["status"], told["action"]) == (400, 400, "ValidationError")
    assert word in told["userMessage"]
    assert 0 < len(told["userMessage"]) <= 300
    assert not SignUpRequest.objects.exists()


def test_a_correction_is_asked_for_in_the_applicants_language(entra: Entra) -> None:
    english = json.loads(entra.call("submit", {**CLAIMS, "city": "x" * 129}).content)
    german = json.loads(entra.call("submit", {**CLAIMS, "city": "x" * 129, "ui_locales": "de-DE"}).content)
    assert "City" in english["userMessage"]
    assert german["userMessage"] != english["userMessage"]


def test_a_persons_own_lines_are_kept(entra: Entra) -> None:
    lines = "I work with Ann.\r\nWe share the project X."
    entra.submit({**CLAIMS, EXTENSION: lines, "streetAddress": "Floor 3\n1 Way"})
    attributes = SignUpRequest.objects.get().attributes
    assert (attributes[EXTENSION], attributes["streetAddress"]) == (lines, "Floor 3\n1 Way")


def test_a_corrected_form_is_recorded(entra: Entra) -> None:
    entra.call("submit", {**CLAIMS, "city": "x" * 129})
    assert is_block_page(entra.submit({**CLAIMS, "city": "Seattle"}))
    assert SignUpRequest.objects.get().attributes["city"] == "Seattle"


HOSTILE: dict[str, dict[str, Any]] = {
    "absent": {"displayName": ...},
    "null": {"displayName": None, "identities": None, "ui_locales": None, EXTENSION: None},
    "a number": {"displayName": 7, "jobTitle": 3.5, "ui_locales": 1},
    "a list": {"displayName": ["John"], "city": [[]], EXTENSION: [1]},
    "an object": {"displayName": {"a": 1}, EXTENSION: {"b": None}},
    "a boolean": {"displayName": True},
    "a large number": {EXTENSION: 2**70},
    "markup": {"displayName": "<script>alert(1)</script>", "jobTitle": "{{ 7*7 }}{% debug %}"},
    "right to left": {"displayName": "\u202egnp.exe\u202c", "city": "\u200f\u05d0"},
    "unknown claims": {"constructor": {"__proto__": 1}, "x" * 300: "y" * 10000, "": 0, "a\0b": "c\0d\ud800"},
    "only identities": {"identities": []},
    "odd white space": {"displayName": "\u00a0\u3000 \u200b"},
    "emoji": {"displayName": "\U0001f469\u200d\U0001f52c Ada"},
}


@pytest.mark.parametrize("case", list(HOSTILE))
def test_odd_claims_are_kept_as_they_came(case: str, entra: Entra) -> None:
    claims = {name: value for name, value in {**CLAIMS, **HOSTILE[case]}.items() if value is not ...}
    assert is_continue(entra.check_status(claims))
    assert is_block_page(entra.submit(claims))
    request = SignUpRequest.objects.get()
    assert request.claims == claims
    assert all(isinstance(value, str | bool | int) for value in request.attributes.values())
    assert request.display_name


def test_a_value_of_the_wrong_type_is_kept_and_not_carried_over(entra: Entra) -> None:
    entra.submit({**CLAIMS, "jobTitle": 7, EXTENSION: 2**70})
    request = SignUpRequest.objects.get()
    assert {"jobTitle", EXTENSION} & request.attributes.keys() == set()
    assert (request.claims["jobTitle"], request.claims[EXTENSION]) == (7, 2**70)


@pytest.mark.parametrize("step", STEPS)
def test_a_lost_database_gets_a_block_page(step: str, entra: Entra) -> None:
    with connection.execute_wrapper(_refuse):
        german = entra.call(step, {**CLAIMS, "ui_locales": "de-DE"})
        english = entra.call(step)
    assert is_block_page(answer(german))
    assert is_block_page(answer(english))
    assert german.content != english.content
    assert not SignUpRequest.objects.exists()


def _refuse(*_args: Any) -> None:
    from django.db import OperationalError

    raise OperationalError("the database is away: secret@fabrikam.example")


def test_our_failure_tells_the_log_no_claim(entra: Entra, log_lines) -> None:
    with connection.execute_wrapper(_refuse):
        entra.submit()
    assert "connector_failed" in log_lines.getvalue()
    assert "fabrikam" not in log_lines.getvalue()


def test_a_refused_host_gets_a_block_page(entra: Entra) -> None:
    assert is_block_page(answer(entra.call("submit", headers={"Host": "evil.example"})))


def test_an_address_beside_the_endpoints_gets_a_block_page(entra: Entra) -> None:
    assert is_block_page(answer(entra.post("/api/connectors/partners/delete")))


def test_a_redirect_to_https_never_reaches_entra(entra: Entra, settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert is_block_page(answer(entra.call("submit")))
    assert not SignUpRequest.objects.exists()
