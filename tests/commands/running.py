"""Running a command and looking at what it says."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from approvals.management.command import in_one_line


def run(*argv: str) -> str:
    """What the command prints. Raises CommandError when it refuses."""
    out = io.StringIO()
    call_command(*argv, stdout=out)
    return out.getvalue()


def run_json(*argv: str) -> Any:
    """What the command prints with --json."""
    return json.loads(run(*argv, "--json"))


def refusal(*argv: str) -> str:
    """The line with which the command refuses. It is one line, and it prints nothing else."""
    out = io.StringIO()
    with pytest.raises(CommandError) as caught:
        call_command(*argv, stdout=out)
    assert out.getvalue() == ""
    return in_one_line(caught.value)
