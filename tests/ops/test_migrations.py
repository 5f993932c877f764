"""No migration holds a lock for long: each statement on a table that may be full is of a kind that needs none, or a short one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.journeys.stack import fresh_database
from tests.ops.running import ROOT, clean_environ

OURS = ("accounts.", "approvals.", "connector.")
# A migration of ours, the beginning of its statement, and why the lock is short all the same.
EXCEPTIONS = {
    ("approvals.0002_outbox_turns_lanes_limits", 'ALTER TABLE "approvals_outboxentry" ADD COLUMN "crashes"'): (
        "the check is read through once; 0.3 s for a million entries"
    ),
    (
        "approvals.0006_policy_verification_hints_forecasts",
        'ALTER TABLE "approvals_userflow" ADD COLUMN "partner_domains_id"',
    ): "an installation has dozens of flows, not millions",
    (
        "approvals.0006_policy_verification_hints_forecasts",
        'CREATE INDEX "approvals_userflow_partner_domains_id',
    ): "the same",
}
HARMLESS = re.compile(
    r"SELECT|SAVEPOINT|RELEASE|SET CONSTRAINTS|CREATE EXTENSION|CREATE TABLE|COMMENT|INSERT INTO \"django_migrations\""
)
WITHOUT_LOCK = re.compile(
    r"CREATE (UNIQUE )?INDEX CONCURRENTLY|DROP INDEX CONCURRENTLY|ALTER TABLE \S+ VALIDATE CONSTRAINT"
)
WITH_SHORT_LOCK = re.compile(
    r'ALTER TABLE (\S+ ADD COLUMN "\w+" (?!.*(UNIQUE|PRIMARY|REFERENCES|CHECK))(.*(?<!NOT) NULL|.* DEFAULT .*)'
    r"|\S+ ADD CONSTRAINT .* NOT VALID|\S+ ALTER COLUMN \S+ (DROP|SET) DEFAULT.*|\S+ ALTER COLUMN \S+ DROP NOT NULL)$"
)
CHANGES_ROWS = re.compile(r'UPDATE|DELETE|INSERT INTO (?!"django_migrations")')


@dataclass
class Page:
    """What one migration sends to PostgreSQL."""

    name: str
    atomic: bool
    statements: list[str] = field(default_factory=list)

    def long_locks(self) -> list[str]:
        """The statements that keep others from writing for as long as the table is large."""
        new = set(re.findall(r'CREATE TABLE ("\w+")', "\n".join(self.statements)))
        on_full_tables = [each for each in self.statements if not any(table in _target(each) for table in new)]
        long = [each for each in on_full_tables if not self._is_fine(each)]
        if self.atomic and any(each.startswith("ALTER TABLE") for each in on_full_tables):
            # The lock of an ALTER TABLE stays until the transaction ends.
            long += [each for each in on_full_tables if CHANGES_ROWS.match(each)]
        return [each for each in long if not self._is_excepted(each)]

    def _is_fine(self, statement: str) -> bool:
        if WITHOUT_LOCK.match(statement):
            return not self.atomic
        return bool(HARMLESS.match(statement) or CHANGES_ROWS.match(statement) or WITH_SHORT_LOCK.match(statement))

    def _is_excepted(self, statement: str) -> bool:
        return any(self.name == name and statement.startswith(start) for name, start in EXCEPTIONS)


def _target(statement: str) -> str:
    """The part of a statement that names its table."""
    found = re.match(
        r'(ALTER TABLE|CREATE (UNIQUE )?INDEX (CONCURRENTLY )?\S+ ON|UPDATE|INSERT INTO) ("\w+")', statement
    )
    return found[4] if found else ""


@pytest.mark.postgres
def test_no_migration_holds_a_lock_for_long() -> None:
    pages = [Page(**page) for page in all_statements()]
    ours = [page for page in pages if page.name.startswith(OURS)]

    assert len(ours) >= 8
    assert {page.name: long for page in ours if (long := page.long_locks())} == {}
    for name, start in EXCEPTIONS:
        assert any(page.name == name and any(s.startswith(start) for s in page.statements) for page in ours), start


@pytest.mark.parametrize(
    "statement",
    [
        'CREATE INDEX "queue" ON "approvals_signuprequest" ("status")',
        'CREATE UNIQUE INDEX "queue" ON "approvals_signuprequest" ("status")',
        'DROP INDEX IF EXISTS "queue"',
        'ALTER TABLE "approvals_signuprequest" ADD COLUMN "lane" varchar(20) NOT NULL',
        'ALTER TABLE "approvals_signuprequest" ADD COLUMN "lane" varchar(20) NULL UNIQUE',
        'ALTER TABLE "approvals_signuprequest" ADD COLUMN "tries" integer DEFAULT 0 NOT NULL CHECK ("tries" >= 0)',
        'ALTER TABLE "approvals_signuprequest" ALTER COLUMN "email" TYPE text',
        'ALTER TABLE "approvals_signuprequest" ADD CONSTRAINT "c" CHECK ("version" > 0)',
        'ALTER TABLE "approvals_signuprequest" RENAME COLUMN "email" TO "mail"',
        'ALTER TABLE "approvals_signuprequest" DROP COLUMN "email" CASCADE',
        'LOCK TABLE "approvals_signuprequest"',
    ],
)
@pytest.mark.parametrize("atomic", [True, False])
def test_it_finds_what_holds_a_lock_for_long(statement: str, atomic: bool) -> None:
    assert Page("approvals.0099_any", atomic, [statement]).long_locks() == [statement]


@pytest.mark.parametrize(
    "statement",
    [
        'ALTER TABLE "approvals_signuprequest" ADD COLUMN "lane" varchar(20) DEFAULT \'\' NOT NULL',
        'ALTER TABLE "approvals_signuprequest" ADD COLUMN "lane" varchar(20) NULL',
        'ALTER TABLE "approvals_signuprequest" ADD CONSTRAINT "c" CHECK ("version" > 0) NOT VALID',
    ],
)
def test_it_lets_pass_what_is_quick(statement: str) -> None:
    assert Page("approvals.0099_any", True, [statement]).long_locks() == []


def test_it_finds_a_table_that_stays_locked_while_rows_are_written() -> None:
    column = 'ALTER TABLE "approvals_signuprequest" ADD COLUMN "lane" varchar(20) NULL'
    rows = 'UPDATE "approvals_signuprequest" SET "lane" = \'\''

    assert Page("approvals.0099_any", True, [column, rows]).long_locks() == [rows]
    assert Page("approvals.0099_any", False, [column, rows]).long_locks() == []


def test_it_wants_no_transaction_around_what_runs_beside_writers() -> None:
    index = 'CREATE INDEX CONCURRENTLY "queue" ON "approvals_signuprequest" ("status")'

    assert Page("approvals.0099_any", False, [index]).long_locks() == []
    assert Page("approvals.0099_any", True, [index]).long_locks() == [index]


def all_statements() -> list[dict[str, Any]]:
    """What each migration sends to an empty PostgreSQL database."""
    with fresh_database(os.environ["FOYER_TEST_DATABASE_URL"]) as database:
        environ = clean_environ(DJANGO_SETTINGS_MODULE="tests.settings", FOYER_TEST_DATABASE_URL=database)
        ended = subprocess.run(
            [sys.executable, "-m", "tests.ops.statements"],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    told: list[dict[str, Any]] = json.loads(ended.stdout)
    return told
