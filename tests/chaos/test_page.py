"""The page of promises names what shows them: tests that there are, and every part of the storm."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chaos.promises import PROMISES
from chaos.storm import PARTS

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "reliability.md").read_text()


def test_every_test_that_it_names_is_there() -> None:
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", PAGE))

    assert len(named) > 20
    assert {path for path in named if not (ROOT / path).is_file()} == set()


@pytest.mark.parametrize("name", [*PARTS, *PROMISES])
def test_it_tells_of_every_part_and_promise(name: str) -> None:
    assert name in PAGE
