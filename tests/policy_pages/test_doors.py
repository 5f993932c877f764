"""How the pages reach the connector: by paths in the settings, proven at the start."""

from __future__ import annotations

import pytest

from approvals.checks import policy_doors_exist


def test_the_doors_are_there() -> None:
    assert policy_doors_exist() == []


@pytest.mark.parametrize("name", ["POLICY_CLAIMS_READER", "POLICY_ANSWER_WRITER"])
def test_a_door_that_leads_nowhere_is_found_at_the_start(settings, name: str) -> None:
    setattr(settings, name, "connector.answering.no_such")
    (problem,) = policy_doors_exist()
    assert (problem.id, problem.msg) == ("approvals.E003", f"{name} cannot be imported.")
    assert "no_such" in str(problem.hint)
