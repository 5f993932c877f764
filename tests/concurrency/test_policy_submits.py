"""One person, decided about by the policy at once, who submits many times at once: one request, and one answer for all.

An approved or refused request is closed, so the constraint of one open request does not see it. On PostgreSQL the calls of
a person take turns; on SQLite all writers do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from approvals.models import AuditEvent, Delivery, PolicyEvaluation, SignUpRequest
from approvals.policy.versions import publish
from connector import by_policy
from tests.concurrency.at_once import at_once
from tests.concurrency.test_submits import slow_insert
from tests.factories import make_applicant, make_flow
from tests.policy.making import document, rule

__all__ = ["slow_insert"]

ROOT = Path(__file__).resolve().parents[2]
MANY = 20
CASES = {
    "approve": ("Continue", "request.approved_by_policy", 1),
    "refuse": ("ShowBlockPage", "request.refused_by_policy", 0),
}


def submit_many(then: str) -> list[str]:
    """What a person was told each time whom the policy approves, or refuses."""
    flow = make_flow()
    publish(flow, document(rule("all", then)), base=0, actor=None)
    applicant = make_applicant()

    def submit(_number: int) -> str:
        return type(by_policy.at_submit(flow, applicant, "en")).__name__

    return [each if isinstance(each, str) else repr(each) for each in at_once(MANY, submit)]


def counts() -> list[int]:
    """How many requests, evaluations, deliveries and decisions there are."""
    decisions = AuditEvent.objects.filter(action__endswith="_by_policy")
    return [each.count() for each in (SignUpRequest.objects, PolicyEvaluation.objects, Delivery.objects, decisions)]


@pytest.fixture
def no_turns(transactional_db: None) -> Iterator[None]:
    """A database in which nobody waits for a lock of this kind."""
    name = connection.settings_dict["NAME"]
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE SCHEMA no_turns;"
            "CREATE FUNCTION no_turns.pg_advisory_xact_lock(bigint) RETURNS void LANGUAGE sql AS '';"
            f'ALTER DATABASE "{name}" SET search_path TO no_turns, pg_catalog, public'
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER DATABASE "{name}" RESET search_path; DROP SCHEMA no_turns CASCADE')


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestOnPostgreSQL:
    """As the threads of the web processes of an installation."""

    @pytest.mark.parametrize("then", CASES)
    def test_without_turns_there_are_several_requests(self, then: str, slow_insert: None, no_turns: None) -> None:
        submit_many(then)
        assert counts()[0] > 1

    @pytest.mark.parametrize("then", CASES)
    def test_with_them_there_is_one(self, then: str, slow_insert: None) -> None:
        answer, action, deliveries = CASES[then]
        assert submit_many(then) == [answer] * MANY
        assert counts() == [1, 1, deliveries, 1]
        assert AuditEvent.objects.filter(action=action).count() == 1


@pytest.mark.parametrize("then", CASES)
def test_there_is_one_on_sqlite(then: str, tmp_path: Path) -> None:
    """In a process of its own, with a database in a file, as an installation has it."""
    settings = {"DATABASE_URL": f"sqlite:///{tmp_path / 'foyer.sqlite3'}", "VAR": str(tmp_path)}
    environment = {**os.environ, **settings, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)}
    environment.setdefault("SECRET_KEY", "only-for-the-tests-0123456789-abcdefghijklmnopqrstuvwxyz")
    environment.pop("FOYER_TEST_DATABASE_URL", None)
    code = (
        "import json, sys, django; django.setup()\n"
        "from django.core.management import call_command; call_command('migrate', verbosity=0)\n"
        "from tests.concurrency import test_policy_submits as t\n"
        "print(json.dumps([t.submit_many(sys.argv[1]), t.counts()]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, then],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    answer, _action, deliveries = CASES[then]
    assert json.loads(done.stdout.splitlines()[-1]) == [[answer] * MANY, [1, 1, deliveries, 1]]
