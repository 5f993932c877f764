"""Issuing and revoking connector credentials from the command line."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from approvals.models import AuditEvent, UserFlow
from connector.models import ConnectorCredential, sha256
from tests.commands.running import refusal, run, run_json
from tests.factories import make_flow


def test_it_prints_a_credential_once_and_keeps_its_hash(flow: UserFlow) -> None:
    issued = run_json("issue_credential", "partners")
    credential = ConnectorCredential.objects.get()
    assert issued["username"] == credential.username
    assert sha256(issued["password"]) == credential.secret_sha256
    assert issued["expires_at"] is None
    assert issued["check_status_url"] == "http://foyer.example/api/connectors/partners/check-status"
    assert issued["submit_url"] == "http://foyer.example/api/connectors/partners/submit"


def test_it_prints_it_for_people(flow: UserFlow) -> None:
    said = run("issue_credential", "partners")
    assert f"username: {ConnectorCredential.objects.get().username}" in said
    assert "shown this once" in said


def test_it_sets_an_end(flow: UserFlow) -> None:
    ends = parse_datetime(run_json("issue_credential", "partners", "--expires-days", "90")["expires_at"])
    assert ends is not None
    assert timedelta(days=89) < ends - timezone.now() <= timedelta(days=90)


def test_it_refuses_a_third_live_one_until_one_is_revoked(flow: UserFlow) -> None:
    first, second = (run_json("issue_credential", "partners")["username"] for _ in range(2))
    refused = refusal("issue_credential", "partners")
    assert first in refused
    assert second in refused
    run("issue_credential", "partners", "--revoke", first)
    run("issue_credential", "partners")
    live = ConnectorCredential.objects.live().filter(flow=flow)
    assert live.count() == 2
    assert not live.filter(username=first).exists()
    assert AuditEvent.objects.filter(action="credential.revoked", flow=flow).count() == 1


def test_it_revokes_only_what_is_there_and_the_flows_own(flow: UserFlow) -> None:
    make_flow("suppliers")
    username = run_json("issue_credential", "partners")["username"]
    assert username in refusal("issue_credential", "suppliers", "--revoke", username)
    run("issue_credential", "partners", "--revoke", username)
    assert username in refusal("issue_credential", "partners", "--revoke", username)


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (("lost",), "lost"),
        (("partners", "--expires-days", "0"), "--expires-days"),
        (("partners", "--expires-days", "soon"), "--expires-days"),
        (("partners", "--expires-days", "99999999999"), "--expires-days"),
    ],
)
def test_it_refuses_what_cannot_be(flow: UserFlow, argv: tuple[str, ...], word: str) -> None:
    assert word in refusal("issue_credential", *argv)
    assert not ConnectorCredential.objects.exists()
