"""Processes that verify the same applicant at the same moment, on a database of their own.

Run as a program, with the service's settings as JSON in VENDOR: prints, as JSON, what each process was told; first with
the database as it is, then without the constraint that makes one question one row.
"""

from __future__ import annotations

import json
import os
import sys
from multiprocessing import get_context
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from approvals.models import UserFlow, Verification  # noqa: E402
from connector.verification.asking import verify  # noqa: E402
from connector.verification.setting_up import configure  # noqa: E402
from tests.factories import make_applicant, make_flow  # noqa: E402

PROCESSES = 4
# SQLite knows no sleep: counting takes its time, too.
SLOW_INSERT = """
CREATE TRIGGER take_a_moment BEFORE INSERT ON approvals_verification BEGIN
  SELECT count(*) FROM (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 500000) SELECT x FROM n);
END
"""


def ask(surname: str, start: Any, told: Any) -> None:
    """One process: wait for the others, verify, say what came of it."""
    connection.ensure_connection()
    flow = UserFlow.objects.get()
    applicant = make_applicant(surname=surname, streetAddress="1 Main Street", postalCode="30303")
    start.wait(30)
    try:
        answer = verify(flow, applicant, budget=20)
        told.put([str(answer.outcome), answer.reference])
    except Exception as error:  # noqa: BLE001 - the test looks at it
        told.put([type(error).__name__, ""])


def race(surname: str) -> list[list[str]]:
    """What each of some processes was told about the same applicant."""
    connection.close()
    fork = get_context("fork")
    start, told = fork.Barrier(PROCESSES), fork.Queue()
    processes = [fork.Process(target=ask, args=(surname, start, told)) for _ in range(PROCESSES)]
    for each in processes:
        each.start()
    said = [told.get(timeout=60) for _ in processes]
    for each in processes:
        each.join(30)
    return said


def main() -> None:
    call_command("migrate", verbosity=0)
    configure(make_flow(), "idology", json.loads(os.environ["VENDOR"]), actor=None)
    with connection.cursor() as cursor:
        cursor.execute(SLOW_INSERT)
    guarded = race("Guarded")
    guard = next(c for c in Verification._meta.constraints if c.name == "asked_once_per_inputs")
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER take_a_moment")
    # SQLite makes the table anew, as the model describes it.
    Verification._meta.constraints = []
    with connection.schema_editor() as editor:
        editor.remove_constraint(Verification, guard)
    with connection.cursor() as cursor:
        cursor.execute(SLOW_INSERT)
    json.dump({"guarded": guarded, "unguarded": race("Unguarded")}, sys.stdout)


if __name__ == "__main__":
    main()
