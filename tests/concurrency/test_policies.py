"""Administrators who publish, or save a list, at the same moment: one wins, and the others hear of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from approvals.models import AuditEvent, DomainList, PolicyVersion, UserFlow
from approvals.policy.errors import DomainListChanged, PolicyChanged
from approvals.policy.lists import save_list
from approvals.policy.versions import current, publish
from tests.concurrency.at_once import at_once
from tests.factories import make_flow
from tests.policy.making import document, rule

ROOT = Path(__file__).resolve().parents[2]
MANY = 10


def publish_without_the_guard(flow: UserFlow, number: int) -> None:
    """Read, count up, save: as it is often written."""
    newest = current(flow)
    PolicyVersion.objects.create(flow=flow, number=(newest.number if newest else 0) + 1, document={"by": number})


def outcomes_of_publishing() -> tuple[list[str], int, int]:
    """What became of MANY who publish from the same version, and how many versions and events there are then."""
    flow = make_flow()
    outcomes = at_once(MANY, lambda n: publish(flow, document(rule(f"r{n}", "approve")), base=0, actor=None))
    events = AuditEvent.objects.filter(action="policy.changed").count()
    return [type(each).__name__ for each in outcomes], PolicyVersion.objects.count(), events


def outcomes_of_saving() -> tuple[list[str], int]:
    """What became of MANY who save a new list, then of MANY who change it."""
    names = []
    for base in (0, 1):

        def save(number: int, base: int = base) -> DomainList:
            return save_list("l", "L", [f"d{number}-{base}.example"], base_version=base, actor=None)

        outcomes = at_once(MANY, save)
        names += [type(each).__name__ for each in outcomes]
    return names, DomainList.objects.get().version


def check(publishing: tuple[list[str], int, int], saving: tuple[list[str], int]) -> None:
    """One of each won, and everybody else was told."""
    assert sorted(publishing[0]) == ["PolicyChanged"] * (MANY - 1) + ["PolicyVersion"]
    assert publishing[1:] == (1, 1)
    assert sorted(saving[0]) == ["DomainList"] * 2 + ["DomainListChanged"] * 2 * (MANY - 1)
    assert saving[1] == 2


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_guard_the_others_fail_without_a_word() -> None:
    flow = make_flow()
    outcomes = at_once(MANY, lambda number: publish_without_the_guard(flow, number))
    assert any(type(each).__name__ == "IntegrityError" for each in outcomes) or PolicyVersion.objects.count() > 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_wins_on_postgresql() -> None:
    check(outcomes_of_publishing(), outcomes_of_saving())


def test_one_wins_on_sqlite(tmp_path: Path) -> None:
    """In a process of its own, with a database in a file, as an installation has it."""
    settings = {"DATABASE_URL": f"sqlite:///{tmp_path / 'foyer.sqlite3'}", "VAR": str(tmp_path)}
    environment = {**os.environ, **settings, "DJANGO_SETTINGS_MODULE": "config.settings", "PYTHONPATH": str(ROOT)}
    environment.pop("FOYER_TEST_DATABASE_URL", None)
    code = (
        "import json, django; django.setup()\n"
        "from django.core.management import call_command; call_command('migrate', verbosity=0)\n"
        "from tests.concurrency import test_policies as t\n"
        "print(json.dumps([t.outcomes_of_publishing(), t.outcomes_of_saving()]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    publishing, saving = json.loads(done.stdout.splitlines()[-1])
    check((publishing[0], *publishing[1:]), tuple(saving))


def test_the_errors_are_conflicts() -> None:
    assert {PolicyChanged.status, DomainListChanged.status} == {409}
