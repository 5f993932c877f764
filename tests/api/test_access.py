"""Who may call the API, and how far they get."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import ApiToken, User
from accounts.signin.tokens import issue_token, revoke_token
from approvals.models import SignUpRequest
from tests.api.calling import Caller, problem
from tests.factories import PASSWORD

READING = ["requests/", "requests/{}/", "flows/", "audit-events/", "schema"]
DEEDS = ["approve", "deny", "undo", "reopen", "retry"]


@pytest.mark.parametrize("path", READING)
def test_it_shows_nothing_without_a_token(waiting: SignUpRequest, path: str) -> None:
    answer = Caller(None).get(path.format(waiting.reference))
    problem(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="Foyer"'


@pytest.mark.parametrize("deed", DEEDS)
def test_it_does_nothing_without_a_token(waiting: SignUpRequest, deed: str) -> None:
    problem(Caller(None).do(waiting.reference, deed), 401, "not_authenticated")
    waiting.refresh_from_db()
    assert waiting.status == "pending"


@pytest.mark.parametrize("header", ["Bearer", "Bearer foyer_wrong", "Bearer \xff\xfe", "bearer ", "Bearer a b"])
def test_it_refuses_a_token_that_nobody_has(waiting: SignUpRequest, header: str) -> None:
    answer = Client(headers={"Authorization": header}).get("/api/v1/requests/")
    assert problem(answer, 401, "authentication_failed")["detail"] == "This API token is not valid."
    assert "WWW-Authenticate" in answer


def test_it_lets_a_token_in_and_remembers_the_minute(api: Caller, anna: User) -> None:
    assert api.get("requests/").status_code == 200
    first = ApiToken.objects.get(user=anna).last_used_at
    assert first is not None
    with time_machine.travel(first + timedelta(seconds=30), tick=False):
        api.get("requests/")
    assert ApiToken.objects.get(user=anna).last_used_at == first
    with time_machine.travel(first + timedelta(seconds=90), tick=False):
        api.get("requests/")
    assert ApiToken.objects.get(user=anna).last_used_at == first + timedelta(seconds=90)


def test_it_refuses_a_revoked_token(api: Caller, anna: User) -> None:
    token = ApiToken.objects.get(user=anna)
    assert revoke_token(token)
    assert not revoke_token(token)
    problem(api.get("requests/"), 401, "authentication_failed")


def test_it_refuses_an_expired_token(anna: User) -> None:
    caller = Caller(issue_token(anna, "short", lifetime=timedelta(days=1))[1])
    assert caller.get("requests/").status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1), tick=False):
        problem(caller.get("requests/"), 401, "authentication_failed")


def test_it_refuses_the_token_of_somebody_who_left(api: Caller, anna: User) -> None:
    User.objects.filter(pk=anna.pk).update(is_active=False)
    problem(api.get("requests/"), 401, "authentication_failed")


def test_it_lets_a_reading_token_look_and_not_decide(reading_api: Caller, waiting: SignUpRequest) -> None:
    assert reading_api.get("requests/").status_code == 200
    for deed in DEEDS:
        problem(reading_api.do(waiting.reference, deed), 403, "read_only_token")
    waiting.refresh_from_db()
    assert waiting.status == "pending"


def test_it_shows_nothing_to_somebody_who_reviews_another_flow(waiting: SignUpRequest, stranger: User) -> None:
    caller = Caller.as_user(stranger)
    assert caller.listed("requests/") == []
    assert caller.listed("flows/") == []
    assert caller.listed("audit-events/") == []
    problem(caller.get(f"requests/{waiting.reference}/"), 404, "not_found")
    for deed in DEEDS:
        problem(caller.do(waiting.reference, deed), 404, "not_found")


def test_it_shows_everything_to_an_administrator(waiting: SignUpRequest, admins_api: Caller) -> None:
    assert [item["reference"] for item in admins_api.listed("requests/")] == [waiting.reference]
    assert admins_api.do(waiting.reference, "approve").status_code == 200


def test_it_takes_a_browsers_session_with_its_csrf_token_only(waiting: SignUpRequest, anna: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(anna, backend="accounts.signin.backends.LocalAccountBackend")
    assert client.get("/api/v1/requests/").status_code == 200
    refused = client.post(f"/api/v1/requests/{waiting.reference}/approve", "{}", content_type="application/json")
    problem(refused, 403, "permission_denied")
    waiting.refresh_from_db()
    assert waiting.status == "pending"


def test_it_takes_no_password(waiting: SignUpRequest, anna: User) -> None:
    client = Client()
    refused = client.get("/api/v1/requests/", headers={"Authorization": f"Basic {anna.username}:{PASSWORD}"})
    problem(refused, 401, "not_authenticated")
