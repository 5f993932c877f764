"""When the tenant cannot be asked: nothing is claimed to be known, why is said, and Foyer tries again where that helps."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts import forecasting
from accounts.graph import tokens
from approvals import outbox
from approvals.errors import Later
from approvals.forecasts import Tone
from approvals.models import Forecast, OutboxEntry, UserFlow
from tests.accounts.forecasting.looking import ask, calls, entry_of, found, look, told
from tests.simulator_process import SimulatorProcess


@pytest.mark.parametrize(
    ("fault", "value", "why", "words"),
    [
        ("throttle", 7, "throttled", "asked for fewer calls"),
        ("unavailable", 500, "graph_unavailable", "was out of order"),
        ("unavailable", 502, "graph_unavailable", "was out of order"),
        ("unavailable", 503, "graph_unavailable", "was out of order"),
        ("hang", 5, "no_answer", "could not be reached"),
        ("lost_answer", None, "no_answer", "could not be reached"),
    ],
)
def test_it_tries_again_when_graph_is_unwell(
    tenant: SimulatorProcess, flow: UserFlow, settings: Settings, fault: str, value: float | None, why: str, words: str
) -> None:
    settings.GRAPH_TIMEOUT_SECONDS = 0.3
    tenant.fault(fault, count=1, value=value)
    request = ask(flow)

    later = look(request)

    assert isinstance(later, Later)
    assert later.code == why
    assert found(request) == ("unknown", {"why": why, "again": True})
    outlook = told(request)
    assert outlook.tone == Tone.UNKNOWN
    assert words in outlook.sentence
    assert outlook.sentence.endswith("approving will still be tried.")
    assert outlook.advice == "Foyer looks again by itself."


def test_it_waits_as_long_as_graph_asks_and_calls_nobody_meanwhile(tenant: SimulatorProcess, flow: UserFlow) -> None:
    tenant.fault("throttle", count=1, value=9)
    first, second = ask(flow), ask(flow, provider="entra", email="second@fabrikam.example")

    assert (look(first) or Later("")).delay == 9
    asked = len(calls(tenant))
    later = look(second)

    assert later is not None
    assert later.code == "throttled"
    assert len(calls(tenant)) == asked


def test_it_says_when_it_could_not_be_reached(tenant: SimulatorProcess, flow: UserFlow, settings: Settings) -> None:
    settings.ENTRA_LOGIN_URL = "https://localhost:1"
    request = ask(flow)

    look(request)

    Forecast.objects.update(at="2026-11-22T14:05:00Z")
    assert told(request).sentence == "The tenant could not be reached at 14:05; approving will still be tried."


def test_it_finds_out_once_the_tenant_is_back(tenant: SimulatorProcess, flow: UserFlow) -> None:
    tenant.fault("unavailable", count=1, value=503)
    request = ask(flow)
    look(request)

    assert look(request) is None

    assert found(request)[0] == "will_create"


@pytest.mark.parametrize(
    ("fault", "why", "words"),
    [
        ("expired_secret", "secret_expired", "the client secret has expired"),
        ("wrong_secret", "secret_wrong", "check_tenant"),
        ("missing_permission", "permission_missing", "lacks the permission User.Read.All"),
        ("rejected_token", "token_refused", "check_tenant"),
    ],
)
def test_it_tries_ever_more_seldom_what_an_administrator_must_mend(
    tenant: SimulatorProcess, flow: UserFlow, fault: str, why: str, words: str
) -> None:
    tenant.fault(fault)
    tokens.drop()
    request = ask(flow)

    later = look(request)

    assert later is not None
    # The outbox's own delays: ever longer ones, up to an hour.
    assert (later.delay, later.counts) == (None, True)
    assert found(request)[1]["why"] == why
    assert words in told(request).sentence
    assert told(request).advice == (
        "An approval waits until an administrator has mended that. Foyer looks again by itself."
    )


@pytest.mark.parametrize("name", ["ENTRA_TENANT_ID", "ENTRA_TENANT_DOMAIN", "ENTRA_CLIENT_SECRET"])
def test_it_says_that_it_is_not_set_up(tenant: SimulatorProcess, flow: UserFlow, settings: Settings, name: str) -> None:
    setattr(settings, name, "")
    tokens.drop()
    request = ask(flow)

    assert look(request) is None

    assert found(request) == ("unknown", {"why": "not_configured", "again": False})
    assert "not set up for a tenant" in told(request).sentence


def test_it_does_not_take_a_page_for_an_answer(tenant: SimulatorProcess, flow: UserFlow) -> None:
    tenant.fault("unavailable", count=1, value=418)
    request = ask(flow)

    assert look(request) is None

    assert found(request) == ("unknown", {"why": "graph_refused", "again": False})
    assert "Foyer could not look into the tenant" in told(request).sentence
    assert told(request).advice == ""


def test_it_stops_by_itself_after_half_a_day(tenant: SimulatorProcess, flow: UserFlow) -> None:
    tenant.fault("unavailable", value=503)
    request = ask(flow)
    entry = entry_of(request)
    OutboxEntry.objects.filter(pk=entry.pk).update(begun_at=timezone.now() - timedelta(hours=13))

    assert look(request) is None

    assert found(request) == ("unknown", {"why": "graph_unavailable", "again": False})


def test_it_leaves_nothing_parked_when_the_tenant_is_away_for_long(tenant: SimulatorProcess, flow: UserFlow) -> None:
    tenant.fault("unavailable", value=503)
    entry = entry_of(ask(flow))
    OutboxEntry.objects.exclude(pk=entry.pk).delete()
    for hours in (0, 13):
        OutboxEntry.objects.filter(pk=entry.pk).update(
            due_at=timezone.now(), turn_at=timezone.now(), begun_at=timezone.now() - timedelta(hours=hours)
        )
        outbox.drain()

    assert OutboxEntry.objects.get().state == "done"


def test_it_says_so_when_foyer_itself_is_broken(flow: UserFlow) -> None:
    request = ask(flow)

    for _time in range(2):
        forecasting.give_up(entry_of(request), "internal_error", "")

    assert found(request) == ("unknown", {"why": "internal_error"})
    assert "Foyer could not look into the tenant" in told(request).sentence
