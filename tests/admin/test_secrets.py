"""Credentials and tokens on the administration pages: issued, shown once, revoked."""

from __future__ import annotations

import html
import re

import pytest
from django.test import Client

from accounts.models import ApiToken, User
from approvals.models import AuditEvent, UserFlow
from connector.models import ConnectorCredential, sha256
from tests.admin.pages import address, run_action
from tests.api.calling import Caller

CREDENTIALS, TOKENS = "connector_connectorcredential", "accounts_apitoken"


def _shown(page: bytes) -> list[str]:
    return [html.unescape(value) for value in re.findall(r"<code[^>]*>([^<]+)</code>", page.decode())]


def test_it_issues_a_credential_and_shows_it_once(pages: Client, admin: User, flow: UserFlow) -> None:
    answer = pages.post(address(CREDENTIALS, "add"), {"flow": flow.pk, "days": "30"})
    username, secret = _shown(answer.content)
    credential = ConnectorCredential.objects.get()
    assert (credential.username, credential.secret_sha256) == (username, sha256(secret))
    assert credential.expires_at is not None
    assert "no-store" in answer["Cache-Control"]
    assert AuditEvent.objects.get(action="credential.issued").actor == admin
    for page in (address(CREDENTIALS, "changelist"), address(CREDENTIALS, "change", credential.pk)):
        later = pages.get(page).content.decode()
        assert secret not in later
        assert credential.secret_sha256 not in later


def test_it_issues_no_third_live_credential(pages: Client, flow: UserFlow) -> None:
    for _ in range(2):
        ConnectorCredential.issue(flow)
    answer = pages.post(address(CREDENTIALS, "add"), {"flow": flow.pk, "days": ""})
    assert "two live credentials" in answer.content.decode()
    assert ConnectorCredential.objects.count() == 2


@pytest.mark.parametrize("days", ["0", "soon", "99999"])
def test_it_issues_nothing_for_an_impossible_time(pages: Client, flow: UserFlow, days: str) -> None:
    answer = pages.post(address(CREDENTIALS, "add"), {"flow": flow.pk, "days": days})
    assert answer.context["form"].errors.keys() == {"days"}
    assert not ConnectorCredential.objects.exists()


def test_it_revokes_credentials(pages: Client, admin: User, flow: UserFlow) -> None:
    credential, _secret = ConnectorCredential.issue(flow)
    assert run_action(pages, CREDENTIALS, "revoke", credential) == [f"{credential.username} is revoked."]
    assert not ConnectorCredential.objects.live().exists()
    assert AuditEvent.objects.get(action="credential.revoked").actor == admin


def test_it_edits_no_hash(pages: Client, flow: UserFlow) -> None:
    credential, _secret = ConnectorCredential.issue(flow)
    changed = {"username": "mine", "secret_sha256": sha256("mine")}
    assert pages.post(address(CREDENTIALS, "change", credential.pk), changed).status_code == 403
    credential.refresh_from_db()
    assert credential.username != "mine"


def test_it_issues_a_token_that_works_until_it_is_revoked(pages: Client, admin: User, anna: User) -> None:
    answer = pages.post(address(TOKENS, "add"), {"user": anna.pk, "name": "export", "days": ""})
    (secret,) = _shown(answer.content)
    assert Caller(secret).get("requests/").status_code == 200
    run_action(pages, TOKENS, "revoke", ApiToken.objects.get())
    assert Caller(secret).get("requests/").status_code == 401
    by = {event.action: event.actor for event in AuditEvent.objects.filter(action__startswith="token.")}
    assert by == {"token.issued": admin, "token.revoked": admin}


def test_it_issues_no_second_token_of_a_name(pages: Client, anna: User) -> None:
    asked = {"user": anna.pk, "name": "export", "days": "", "read_only": "on"}
    pages.post(address(TOKENS, "add"), asked)
    assert "of that name already" in pages.post(address(TOKENS, "add"), asked).content.decode()
    assert ApiToken.objects.get().read_only
