"""Credentials are remembered for a moment, and a revocation is not late for it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import time_machine
from django.db import connection
from django.utils import timezone

from connector import known
from connector.models import ConnectorCredential
from tests.connector.conftest import Entra
from tests.factories import make_flow


def test_a_known_caller_costs_no_query_but_the_applicants_look_up(entra: Entra) -> None:
    """That one goes to the driver as it is, past what is noted here."""
    asked: list[str] = []

    def note(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        entra.check_status()
        unknown = len(asked)
        entra.check_status()
    assert unknown > 0
    assert asked[unknown:] == []


def test_a_wrong_secret_is_refused_for_a_known_user_name(entra: Entra) -> None:
    assert entra.call("submit").status_code == 200
    entra.authorization = entra.authorization[:-6] + "AAAA=="
    assert entra.call("submit").status_code == 401


def test_a_known_credential_opens_one_flow_only(entra: Entra) -> None:
    assert entra.call("check-status").status_code == 200
    entra.slug = make_flow("suppliers").slug
    assert entra.call("check-status").status_code == 401


def test_a_revocation_holds_at_once_where_it_is_made(entra: Entra) -> None:
    assert entra.call("check-status").status_code == 200
    ConnectorCredential.objects.get().revoke()
    assert entra.call("check-status").status_code == 401


def test_a_revocation_elsewhere_holds_when_the_memory_ends(entra: Entra) -> None:
    assert entra.call("check-status").status_code == 200
    ConnectorCredential.objects.update(revoked_at=timezone.now())
    asked_until = time.monotonic() + known.SECONDS + 10
    while entra.call("check-status").status_code == 200:
        assert time.monotonic() < asked_until
    assert entra.call("check-status").status_code == 401


def test_a_known_credential_runs_out_at_its_time(entra: Entra) -> None:
    ConnectorCredential.objects.update(expires_at=timezone.now() + timedelta(days=1))
    assert entra.call("check-status").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        assert entra.call("check-status").status_code == 401
