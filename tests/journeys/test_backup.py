"""A backup of a running system, restored elsewhere: nothing answered is missing, nobody becomes a guest twice."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.journeys.conftest import DATABASE_FILE, ON_SERVERS
from tests.journeys.stack import Stack, eventually, fresh_database
from tests.journeys.test_crash import APPLICANT
from tests.journeys.test_restarts import CALLERS, callers

DENIED = "ivo.horvat@fabrikam.example"
KEYS = "SELECT conname, convalidated FROM pg_constraint WHERE contype IN ('f', 'c', 'u', 'p') ORDER BY conname"


@pytest.mark.parametrize("stack", ["embedded", pytest.param("servers", marks=ON_SERVERS)], indirect=True)
def test_a_backup_of_a_running_system_holds_every_answered_request(stack: Stack, tmp_path: Path) -> None:
    """What left the building after the backup is owed again after the restore: harmless for the guest, and for mails."""
    stack.start_web()
    decide(stack, APPLICANT, "approve")
    decide(stack, DENIED, "deny")
    with callers(stack) as answers:
        eventually(lambda: answers.total() > 5 * CALLERS)
        answered = answers.total()
        back_up(stack, tmp_path / "backup")
        eventually(lambda: answers.total() > answered + CALLERS)
    assert set(answers) == {"200 ShowBlockPage"}
    deliver(stack)

    with restored(stack, tmp_path / "backup", tmp_path / "restored") as second:
        assert second.manage("check", "--database", "default").startswith("System check identified no issues")
        second.manage("migrate", "--check")
        there = {request["email"] for request in second.requests("--limit", "100000")}
        assert APPLICANT in there
        assert len(there) > answered
        assert broken_keys(second, stack) == []
        deliver(second)

    assert [user["mail"] for user in stack.simulator.users()].count(APPLICANT) == 1
    denials, invitations = mails(stack, DENIED), mails(stack, APPLICANT)
    # The denial was owed at the time of the backup; the invitation is owed since the guest is there, in either system.
    assert [len(denials), len(set(denials))] == [2, 1]
    assert [len(invitations), len(set(invitations))] == [2, 2]


def decide(stack: Stack, who: str, deed: str) -> None:
    """Somebody signs up, and anna decides."""
    stack.simulator.sign_up(who, flow="partners", provider="google", claims={"displayName": "A Person"})
    [request] = stack.api("GET", "requests/?status=pending")["results"]
    stack.api("POST", f"requests/{request['reference']}/{deed}")


def deliver(stack: Stack) -> None:
    """Let a worker make the guest and send the mails."""
    before = {who: len(mails(stack, who)) for who in (APPLICANT, DENIED)}
    worker = stack.start_worker()
    eventually(lambda: all(len(mails(stack, who)) > number for who, number in before.items()))
    stack.kill(worker)


def mails(stack: Stack, who: str) -> list[str]:
    """The Message-IDs of what somebody received."""
    return [mail["headers"]["Message-ID"] for mail in stack.simulator.mails(who)]


def back_up(stack: Stack, file: Path) -> None:
    """As docs/operations.md says."""
    if "DATABASE_URL" in stack.environ:
        run("pg_dump", "--format=custom", f"--file={file}", f"--dbname={stack.environ['DATABASE_URL']}")
        return
    with closing(sqlite3.connect(stack.var / DATABASE_FILE)) as database:
        database.execute("VACUUM INTO ?", [str(file)])


@contextmanager
def restored(stack: Stack, file: Path, var: Path) -> Iterator[Stack]:
    """Another installation, from the backup and with nothing else of the first but its keys."""
    var.mkdir()
    environ = {name: stack.environ[name] for name in ("OUTBOX_LEASE_SECONDS", "STATIC_ROOT")}
    with fresh_or_none(stack) as database:
        if database is None:
            shutil.copyfile(file, var / DATABASE_FILE)
        else:
            run("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={database}", str(file))
            server, _, number = stack.environ["REDIS_URL"].rpartition("/")
            environ |= {"DATABASE_URL": database, "REDIS_URL": f"{server}/{int(number) + 4}"}
        second = Stack(var, stack.simulator, environ)
        try:
            yield second
        finally:
            second.stop()


@contextmanager
def fresh_or_none(stack: Stack) -> Iterator[str | None]:
    """An empty database on the server of the first installation, if it has one."""
    if "DATABASE_URL" not in stack.environ:
        yield None
        return
    with fresh_database(os.environ["FOYER_TEST_DATABASE_URL"], "template0") as database:
        yield database


def broken_keys(restored: Stack, original: Stack) -> list[Any]:
    """What is wrong with the restored database's rows and constraints."""
    if "DATABASE_URL" in restored.environ:
        with (
            closing(psycopg.connect(restored.environ["DATABASE_URL"])) as there,
            closing(psycopg.connect(original.environ["DATABASE_URL"])) as here,
        ):
            found, expected = there.execute(KEYS).fetchall(), here.execute(KEYS).fetchall()
        return sorted(set(expected) ^ set(found)) + [key for key in found if not key[1]]
    with closing(sqlite3.connect(restored.var / DATABASE_FILE)) as database:
        rows = database.execute("PRAGMA foreign_key_check").fetchall()
        return rows + [line for line in database.execute("PRAGMA integrity_check").fetchall() if line != ("ok",)]


def run(program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL's, of the newest version that is installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[4]))
    ended = subprocess.run([str(versions[-1]) if versions else program, *arguments], capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()
