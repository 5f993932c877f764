"""docs/policy.md: its examples work, and it names all that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from approvals.policy.condition_form import FORMS
from approvals.policy.rules import Outcome
from approvals.policy.transfer import from_yaml

PAGE = (Path(__file__).parents[2] / "docs/policy.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_can_be_imported(example: str) -> None:
    assert from_yaml(example).document["rules"]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 2


def test_it_names_every_condition_and_outcome() -> None:
    words = {*FORMS, *(test for tests in FORMS.values() for test in tests)}
    words |= {field for tests in FORMS.values() for fields in tests.values() for field in fields}
    assert {word for word in words if f"`{word}`" not in PAGE and f"{word}:" not in PAGE} == set()
    assert {str(each) for each in Outcome if each is not Outcome.CONTINUE and f"`{each}:" not in PAGE} == set()
