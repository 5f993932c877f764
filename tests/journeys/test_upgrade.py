"""Migrating to the next release while this one answers Entra."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing

import psycopg
import pytest

from tests.journeys.stack import Stack, eventually
from tests.journeys.test_restarts import CALLERS, callers
from tests.simulator_process import ROOT


def migrate(stack: Stack, **environ: str) -> subprocess.Popen[str]:
    """The next release's `migrate`."""
    return subprocess.Popen(
        [sys.executable, "manage.py", "migrate", "-v0"],
        cwd=ROOT,
        env={**stack.environ, "DJANGO_SETTINGS_MODULE": "tests.journeys.next_release.settings", **environ},
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.postgres
@pytest.mark.redis
def test_a_migration_that_cannot_get_its_lock_gives_up_and_nobody_notices(stack: Stack) -> None:
    """Somebody's long report keeps the migration out; whoever stood behind the migration would be kept out too."""
    stack.start_web()
    with closing(psycopg.connect(stack.environ["DATABASE_URL"])) as report, callers(stack) as answers:
        report.execute("SELECT count(*) FROM approvals_signuprequest")
        eventually(lambda: answers.total() > CALLERS)
        kept_out = migrate(stack, MIGRATE_LOCK_TRIES="4", MIGRATE_LOCK_SECONDS="0.3", MIGRATE_PAUSE_SECONDS="0.1")
        said = kept_out.communicate(timeout=60)[1].splitlines()
        assert (kept_out.returncode, len(said)) == (1, 4)
        assert "each of the 4 times" in said[-1]
        seen = answers.total()
        eventually(lambda: answers.total() > seen + CALLERS)

        let_in = migrate(stack)
        eventually(lambda: lock_is_wanted(stack))
        report.rollback()
        complaints = let_in.communicate(timeout=60)[1]
        assert let_in.returncode == 0, complaints
        seen = answers.total()
        eventually(lambda: answers.total() > seen + CALLERS)

    assert set(answers) == {"200 ShowBlockPage"}, answers
    with closing(psycopg.connect(stack.environ["DATABASE_URL"])) as database:
        found = database.execute("SELECT count(*), sum(of_next_release) FROM approvals_signuprequest").fetchone()
    assert found == (answers.total(), 7 * answers.total())


def lock_is_wanted(stack: Stack) -> bool:
    """Whether somebody waits for the lock that a change of the requests' table needs."""
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
    with closing(psycopg.connect(stack.environ["DATABASE_URL"])) as database:
        found = database.execute(waiting.encode()).fetchone()
    return bool(found and found[0])
