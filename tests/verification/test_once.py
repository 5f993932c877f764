"""Many at once verify the same applicant: the service is asked, and paid, once. Without the constraint it is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.db import connection

from approvals.models import Verification
from connector.verification.asking import verify
from connector.verification.base import Answer
from connector.verification.setting_up import configure
from tests.concurrency.at_once import at_once
from tests.factories import make_flow
from tests.verification.service import Handler, Service
from tests.verification.test_asking import PASS, applicant

ROOT = Path(__file__).parents[2]
MANY = 12


@pytest.fixture
def slow(service: Service) -> Service:
    """The service takes a while to say yes."""

    def respond(handler: Handler) -> None:
        service.wait(0.4)
        handler.send(PASS.encode())

    service.respond = respond
    return service


class TestThreadsOnPostgreSQL:
    """As the web processes and workers of an installation."""

    pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

    @pytest.fixture
    def no_guard(self, transactional_db: None) -> Iterator[None]:
        """No constraint, and an insert that takes a moment: all look before the first has written."""
        guard = next(c for c in Verification._meta.constraints if c.name == "asked_once_per_inputs")
        with connection.schema_editor() as editor:
            editor.remove_constraint(Verification, guard)
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION take_a_moment() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN PERFORM pg_sleep(0.3); RETURN NEW; END $$;"
                "CREATE TRIGGER take_a_moment BEFORE INSERT ON approvals_verification "
                "FOR EACH ROW EXECUTE FUNCTION take_a_moment()"
            )
        yield
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER take_a_moment ON approvals_verification; DROP FUNCTION take_a_moment()")
            cursor.execute("TRUNCATE approvals_verification")
        with connection.schema_editor() as editor:
            editor.add_constraint(Verification, guard)

    def verify_many(self, settings: dict[str, str]) -> list[Any]:
        flow = make_flow()
        configure(flow, "idology", settings, actor=None)
        return at_once(MANY, lambda _number: verify(flow, applicant(), budget=20))

    def test_without_the_constraint_it_pays_several_times(
        self, no_guard: None, slow: Service, idology: dict[str, str]
    ) -> None:
        self.verify_many(idology)
        assert len(slow.calls) > 1

    def test_with_it_everybody_gets_the_one_answer(self, slow: Service, idology: dict[str, str]) -> None:
        told = self.verify_many(idology)
        row = Verification.objects.get()
        assert set(told) == {Answer(row.outcome, "2073386242", ("id.success", "result.match"), row.pk)}  # type: ignore[arg-type]
        assert len(slow.calls) == 1


def test_processes_on_sqlite_pay_once_and_without_the_constraint_several_times(
    slow: Service, idology: dict[str, str], tmp_path: Path
) -> None:
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "VAR": str(tmp_path),
        "VENDOR": json.dumps(idology),
        "FOYER_TEST_DATABASE_URL": "",
        "FOYER_TEST_REDIS_URL": "",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "tests.verification.racing"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    asked = Counter(parse_qs(call.body.decode())["lastName"][0] for call in slow.calls)
    assert told["guarded"] == [["passed", "2073386242"]] * 4
    assert asked["Guarded"] == 1
    assert asked["Unguarded"] > 1
