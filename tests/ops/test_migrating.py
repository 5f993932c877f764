"""Migrating beside running processes: one at a time, never in anybody's way for long, and one line when it cannot be."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import OperationalError, connection, transaction
from pytest_django import Settings

from config import migrating
from tests.journeys.stack import fresh_database
from tests.ops.running import ROOT, clean_environ

KEY = "only-for-these-tests-0123456789-abcdefghijklmnopqrstuvwxyz"
LIMITS = "SELECT current_setting('lock_timeout'), current_setting('statement_timeout')"


@pytest.fixture
def database(transactional_db: None, settings: Settings) -> Settings:
    """The test database on PostgreSQL, with little patience."""
    settings.MIGRATE_LOCK_SECONDS = 0.1
    settings.MIGRATE_STATEMENT_SECONDS = 0.3
    settings.MIGRATE_LOCK_TRIES = 3
    settings.MIGRATE_PAUSE_SECONDS = 0.01
    return settings


def somebody_else() -> psycopg.Connection:
    """Another session on the test database."""
    about = connection.settings_dict
    return psycopg.connect(
        host=about["HOST"], port=about["PORT"], user=about["USER"], password=about["PASSWORD"], dbname=about["NAME"]
    )


def limits() -> tuple[str, str]:
    """How long a statement of this connection may wait for a lock, and run."""
    with connection.cursor() as cursor:
        cursor.execute(LIMITS)
        found: tuple[str, str] = cursor.fetchone()
    return found


@pytest.mark.postgres
def test_it_limits_what_may_hold_a_lock_and_nothing_else(database: Settings) -> None:
    seen = []

    def look(execute: Any, sql: Any, *rest: Any) -> Any:
        result = execute(sql, *rest)
        with connection.cursor() as cursor:
            seen.append(cursor.cursor.execute(LIMITS).fetchone())
        return result

    with migrating.giving_way(connection), connection.execute_wrapper(look), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.execute("DROP INDEX CONCURRENTLY IF EXISTS no_such_index")
        cursor.execute("CREATE INDEX CONCURRENTLY tried ON approvals_userflow (name)")
        cursor.execute("DROP INDEX CONCURRENTLY tried")

    assert seen == [("100ms", "300ms"), ("0", "0"), ("0", "0"), ("0", "0")]
    assert limits() == ("0", "0")


@pytest.mark.postgres
def test_it_asks_again_for_a_lock_and_then_goes_on(database: Settings) -> None:
    said: list[str] = []
    with somebody_else() as other:
        other.execute("LOCK TABLE approvals_userflow")

        with migrating.giving_way(connection):
            with pytest.raises(OperationalError) as refused:
                migrating.again_and_again(change_flows, tell=said.append)
            assert len(said) == 2
            assert "each of the 3 times" in str(migrating.trouble(refused.value))

            migrating.again_and_again(change_flows, tell=lambda _said: other.rollback())


def change_flows() -> None:
    """As a migration does that alters a table."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE approvals_userflow")


@pytest.mark.postgres
def test_it_ends_a_statement_that_runs_for_too_long(database: Settings) -> None:
    with migrating.giving_way(connection), connection.cursor() as cursor, pytest.raises(OperationalError) as refused:
        cursor.execute("SELECT pg_sleep(30)")

    assert "longer than the 0.3 s" in str(migrating.trouble(refused.value))


@pytest.mark.postgres
def test_it_says_in_one_line_that_it_was_kept_out(database: Settings) -> None:
    with somebody_else() as other:
        other.execute("LOCK TABLE django_migrations")
        with pytest.raises(CommandError) as refused:
            call_command("migrate", verbosity=0)

    assert "\n" not in str(refused.value)
    assert limits() == ("0", "0")
    call_command("migrate", verbosity=0)


def test_it_leaves_other_trouble_to_others() -> None:
    assert migrating.trouble(OperationalError("the server has gone")) is None


@pytest.mark.postgres
def test_several_at_once_migrate_one_after_another() -> None:
    with fresh_database(os.environ["FOYER_TEST_DATABASE_URL"]) as address:
        environ = clean_environ(SECRET_KEY=KEY, DATABASE_URL=address)
        command = [sys.executable, "manage.py", "migrate", "-v0"]
        started = [subprocess.Popen(command, cwd=ROOT, env=environ, stderr=subprocess.PIPE) for _ in range(3)]
        ends = [(process.communicate(timeout=120)[1], process.returncode) for process in started]

    assert ends == [(b"", 0)] * 3
