"""Setting up a flow's verification service, and what nobody gets to see of it afterwards."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core import serializers
from django.core.exceptions import ValidationError
from django.db import connection

from accounts.models import User
from approvals.models import AuditEvent, UserFlow
from connector.models import VerificationService
from connector.verification.sealing import SealBroken
from connector.verification.setting_up import configure, switch_off

SECRET = "a-secret-of-the-vendor"
VALUES = {"username": "foyer", "password": SECRET}


def events(flow: UserFlow) -> list[dict[str, Any]]:
    return [event.data for event in AuditEvent.objects.filter(flow=flow, action="verification.changed")]


def test_it_sets_up_a_service_with_its_defaults(flow: UserFlow, admin: User) -> None:
    configure(flow, "idology", VALUES, actor=admin)
    service = VerificationService.objects.get()
    assert (service.flow, service.kind, service.mode, service.on_failed) == (flow, "idology", "during", "review")
    assert (service.tries, service.budget_seconds) == (3, 8)
    assert service.settings() == {
        "url": "https://web.idologylive.com/api/idiq.svc",
        "ca_certificates": "",
        **VALUES,
    }
    event = AuditEvent.objects.get(action="verification.changed")
    assert (event.flow, event.actor) == (flow, admin)
    assert event.data == {"kind": "idology", "changed": ["password", "url", "username"]}


def test_it_keeps_a_secret_that_is_left_blank(flow: UserFlow, admin: User) -> None:
    configure(flow, "idology", VALUES, actor=admin)
    configure(flow, "idology", {"username": "other", "password": "  "}, actor=admin, tries=5)
    service = VerificationService.objects.get()
    assert (service.settings()["username"], service.settings()["password"]) == ("other", SECRET)
    assert events(flow)[1] == {"kind": "idology", "changed": ["username", "tries"]}


def test_it_changes_and_tells_nothing_when_all_is_as_it_was(flow: UserFlow, admin: User) -> None:
    first = configure(flow, "idology", VALUES, actor=admin)
    again = configure(flow, "idology", {**VALUES, "password": ""}, actor=admin, mode="during")
    assert again.sealed == first.sealed
    assert len(events(flow)) == 1


def test_it_keeps_no_secret_of_one_service_for_another(flow: UserFlow, admin: User, experian: dict[str, str]) -> None:
    configure(flow, "idology", VALUES, actor=admin)
    with pytest.raises(ValidationError) as caught:
        configure(flow, "experian", {**experian, "signature_key": ""}, actor=admin)
    assert caught.value.message_dict.keys() == {"signature_key"}
    configure(flow, "experian", experian, actor=admin)
    assert "password" not in VerificationService.objects.get().settings()
    with pytest.raises(ValidationError):
        configure(flow, "idology", {"username": "foyer"}, actor=admin)


@pytest.mark.parametrize(
    ("kind", "values", "rules", "word"),
    [
        ("onfido", VALUES, {}, "no such service"),
        ("idology", {}, {}, "username"),
        ("idology", {**VALUES, "url": "http://x.example"}, {}, "url"),
        ("idology", {**VALUES, "api_key": "x"}, {}, "api_key"),
        ("idology", VALUES, {"mode": "sometimes"}, "mode"),
        ("idology", VALUES, {"on_failed": "approve"}, "on_failed"),
        ("idology", VALUES, {"tries": 0}, "tries"),
        ("idology", VALUES, {"tries": 11}, "tries"),
        ("idology", VALUES, {"budget_seconds": 13}, "budget_seconds"),
        ("idology", VALUES, {"budget_seconds": 0}, "budget_seconds"),
    ],
)
def test_it_refuses_what_cannot_work_and_changes_nothing(
    flow: UserFlow, kind: str, values: dict[str, str], rules: dict[str, Any], word: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        configure(flow, kind, values, actor=None, **rules)
    assert word in str(caught.value)
    assert SECRET not in str(caught.value)
    assert not VerificationService.objects.exists()
    assert events(flow) == []


def test_it_is_switched_off_once(flow: UserFlow, admin: User) -> None:
    configure(flow, "idology", VALUES, actor=admin)
    assert switch_off(flow, actor=admin)
    assert not switch_off(flow, actor=admin)
    assert not VerificationService.objects.exists()
    assert events(flow)[1:] == [{"kind": "idology", "switched_off": True}]


def test_it_shows_a_secret_to_nobody(flow: UserFlow, admin: User, log_lines: io.StringIO) -> None:
    service = configure(flow, "idology", VALUES, actor=admin)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM connector_verificationservice")
        row = str(cursor.fetchall())
    told = [row, repr(service), str(service), repr(service.settings()), serializers.serialize("json", [service])]
    told += [json.dumps(events(flow)), log_lines.getvalue()]
    assert [text for text in told if SECRET in text] == []


def test_it_must_be_told_all_secrets_again_when_the_key_is_gone(flow: UserFlow, settings: Any) -> None:
    configure(flow, "idology", VALUES, actor=None)
    settings.SECRET_KEY = "another-secret-key-0123456789-abcdefgh"
    with pytest.raises(SealBroken):
        VerificationService.objects.get().settings()
    with pytest.raises(ValidationError):
        configure(flow, "idology", {"username": "foyer"}, actor=None)
    configure(flow, "idology", VALUES, actor=None)
    assert VerificationService.objects.get().settings()["password"] == SECRET


@pytest.mark.parametrize(
    ("on_failed", "failures", "expected"),
    [
        ("correct", 1, "correct"),
        ("correct", 3, "correct"),
        ("correct", 4, "review"),
        ("refuse", 1, "refuse"),
        ("refuse", 9, "refuse"),
        ("review", 1, "review"),
    ],
)
def test_it_lets_an_applicant_correct_so_many_times(on_failed: str, failures: int, expected: str) -> None:
    assert VerificationService(on_failed=on_failed, tries=3).after_failures(failures) == expected
