"""Every setting is written down where people and `make run` look for it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from config.run.records import SETTINGS

ROOT = Path(__file__).parents[2]


def names_read(*files: str) -> set[str]:
    """The environment variables that these modules read through `env`."""
    calls = [
        node for file in files for node in ast.walk(ast.parse((ROOT / file).read_text())) if isinstance(node, ast.Call)
    ]
    on_env = [call for call in calls if re.fullmatch(r"env\.\w+", ast.unparse(call.func)) and call.args]
    return {each.args[0].value for each in on_env if isinstance(each.args[0], ast.Constant)}  # type: ignore[misc]


def test_make_run_hands_on_every_setting() -> None:
    assert set(SETTINGS) == names_read("config/settings.py")


def test_the_documentation_names_every_setting() -> None:
    documented = re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs/configuration.md").read_text(), re.MULTILINE)

    read = names_read("config/settings.py", "config/serve.py", "config/web.py", "config/env.py")
    assert len(documented) == len(set(documented))
    assert set(documented) == read
