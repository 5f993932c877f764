"""Whatever docs/operations.md names is there: commands, settings, metrics, log events, addresses, files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class
from django.test import Client
from django.utils.text import slugify

from config import metrics
from tests.ops.test_configuration import names_read

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/operations.md").read_text()
SOURCES = "\n".join(
    path.read_text() for app in ("accounts", "approvals", "connector", "config") for path in (ROOT / app).rglob("*.py")
)
COMMAND = re.compile(r"python manage\.py (\w+)([^`\n|]*)")


def section(title: str) -> str:
    """The text under a heading."""
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(("name", "arguments"), sorted(set(COMMAND.findall(PAGE))))
def test_every_command_is_there_with_its_options(name: str, arguments: str) -> None:
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    for option in re.findall(r"--[a-z-]+", arguments):
        assert option in parser._option_string_actions, f"{name} {option}"


def test_every_setting_is_there() -> None:
    known = names_read("config/settings.py", "config/serve.py", "config/env.py")
    named = {name.removesuffix("_FILE") for name in re.findall(r"`([A-Z][A-Z_]+_[A-Z_]+|VAR)`", PAGE)}

    assert named
    assert named <= known


@pytest.mark.django_db
def test_every_metric_is_there(client: Client) -> None:
    names = set(re.findall(r"`(foyer_\w+)", PAGE))
    shown = metrics.exposition()[0].decode()

    assert names
    # A reading of something that has not happened yet has its name in the source alone.
    assert [
        name for name in names if f"# TYPE {name}" not in shown and f'"{name.removesuffix("_total")}"' not in SOURCES
    ] == []


def test_every_log_event_is_there() -> None:
    events = re.findall(r"`([a-z]+_[a-z_]+)`", section("The log").partition("| event |")[2])
    named = {event for event in events if event != "request_id"}

    assert len(named) > 10
    assert [event for event in named if f'"{event}"' not in SOURCES] == []


@pytest.mark.parametrize("address", sorted(set(re.findall(r"`(/[a-z]+)`", PAGE))))
@pytest.mark.django_db
def test_every_address_is_there(client: Client, address: str) -> None:
    assert client.get(address).status_code in (200, 401, 503)


def test_every_file_and_place_is_there() -> None:
    links = re.findall(r"\]\(([\w./-]*)(?:#([\w-]+))?\)", PAGE)
    headings = {slugify(title) for title in re.findall(r"^## (.+)$", PAGE, re.MULTILINE)}

    assert [file for file, _ in links if file and not (ROOT / "docs" / file).is_file()] == []
    assert [place for file, place in links if place and not file and place not in headings] == []
    assert [file for file in re.findall(r"`(tests/[\w/.]+)`", PAGE) if not (ROOT / file).is_file()] == []


def test_the_shell_lines_are_shell() -> None:
    for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL):
        assert subprocess.run(["bash", "-n"], input=block, text=True, check=False).returncode == 0, block
