"""The strict schemas of what may be sent, as the pretend tenant applies them."""

from __future__ import annotations

import json
from typing import Any

from jsonschema import Draft202012Validator

from tests.simulator_process import ROOT

_DEFINITIONS = json.loads((ROOT / "simulator/contracts/contract-schemas.json").read_text())["$defs"]


def problems(schema: str, body: dict[str, Any]) -> list[str]:
    """What is wrong with a body, by one of the schemas; empty when nothing is."""
    validator = Draft202012Validator({"$ref": f"#/$defs/{schema}", "$defs": _DEFINITIONS})
    return [f"{problem.json_path}: {problem.message}" for problem in validator.iter_errors(body)]
