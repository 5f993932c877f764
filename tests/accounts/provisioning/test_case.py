"""How long Foyer waits for the directory to show what was made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import GuestAccount
from accounts.provisioning.case import Case
from approvals.models import SignUpRequest
from tests.factories import make_applicant

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def case(*, created: float = 0, asked: float | None = None) -> Case:
    """The case of a guest on which work began, and for which Graph was asked, so many seconds ago."""
    account = GuestAccount(
        created_at=NOW - timedelta(seconds=created),
        asked_at=None if asked is None else NOW - timedelta(seconds=asked),
    )
    return Case(SignUpRequest(), make_applicant(), account)


@pytest.mark.parametrize(
    ("age", "delay"),
    [(0, 1), (0.9, 1), (1, 2), (3, 4), (7, 8), (15, 15), (29, 15), (30, 30), (60, 60), (119, 60), (90_000, 60)],
)
@time_machine.travel(NOW, tick=False)
def test_it_waits_longer_each_time_up_to_a_minute(age: float, delay: float) -> None:
    assert case(asked=age).not_visible_yet().delay == delay


@time_machine.travel(NOW, tick=False)
def test_it_counts_from_the_moment_when_graph_was_asked() -> None:
    assert case(created=9000, asked=2).not_visible_yet().delay == 2
    assert case(created=9000).not_visible_yet().delay == 60
    assert not case(created=9000, asked=120).is_settled
    assert case(asked=121).is_settled
