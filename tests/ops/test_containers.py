"""The container files: well formed, and everything that they name is there."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from dotenv import dotenv_values

from config.run.records import SETTINGS

ROOT = Path(__file__).parents[2]
PROCESS_SETTINGS = {"PORT", "WEB_HOST", "WEB_WORKERS", "WEB_THREADS", "WORKER_CONCURRENCY", "VAR"}
PRODUCT = {"migrate", "web", "worker", "beat"}

TEXT, TEXTS = {"type": "string"}, {"type": "array", "items": {"type": "string"}}
MAPPING = {"type": "object", "additionalProperties": {"type": "string"}}
# The part of the compose specification that the file uses; whatever else it says is a mistake.
SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "required": ["image"],
    "properties": {
        "image": TEXT,
        "stop_grace_period": TEXT,
        "read_only": {"type": "boolean"},
        "env_file": TEXTS,
        "environment": MAPPING,
        "secrets": TEXTS,
        "ports": TEXTS,
        "volumes": TEXTS,
        "command": TEXTS,
        "tmpfs": TEXTS,
        "cap_drop": TEXTS,
        "security_opt": TEXTS,
        "profiles": TEXTS,
        "restart": {"enum": ["no", "always", "on-failure", "unless-stopped"]},
        "build": {
            "type": "object",
            "additionalProperties": False,
            "required": ["context", "target"],
            "properties": {"context": TEXT, "target": TEXT},
        },
        "healthcheck": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "test": TEXTS,
                "interval": TEXT,
                "timeout": TEXT,
                "retries": {"type": "integer"},
                "disable": {"type": "boolean"},
            },
        },
        "depends_on": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["condition"],
                "additionalProperties": False,
                "properties": {"condition": {"enum": ["service_healthy", "service_completed_successfully"]}},
            },
        },
    },
}
COMPOSE = {
    "type": "object",
    "required": ["name", "services", "secrets", "volumes"],
    "patternProperties": {"^x-": {}},
    "additionalProperties": False,
    "properties": {
        "name": TEXT,
        "services": {"type": "object", "additionalProperties": SERVICE},
        "secrets": {"type": "object", "additionalProperties": {"type": "object", "required": ["file"]}},
        "volumes": {"type": "object", "additionalProperties": {"type": "null"}},
    },
}


@pytest.fixture(scope="module")
def compose() -> Any:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@pytest.fixture(scope="module")
def dockerfile() -> list[list[str]]:
    """The instructions, as lists of words."""
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    return [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def test_it_is_a_compose_file(compose: Any) -> None:
    jsonschema.validate(compose, COMPOSE)


def test_its_services_name_what_is_there(compose: Any) -> None:
    services = compose["services"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        named = {volume.partition(":")[0] for volume in service.get("volumes", [])}
        assert named <= set(compose["volumes"])


def test_it_uses_every_secret_and_volume(compose: Any) -> None:
    services = compose["services"].values()

    assert {name for each in services for name in each.get("secrets", [])} == set(compose["secrets"])
    used = {volume.partition(":")[0] for each in services for volume in each.get("volumes", [])}
    assert used == set(compose["volumes"])


def test_its_settings_exist(compose: Any) -> None:
    for name in PRODUCT:
        given = {each.removesuffix("_FILE") for each in compose["services"][name]["environment"]}
        assert given <= set(SETTINGS)


def test_its_simulator_settings_exist(compose: Any, dockerfile: list[list[str]]) -> None:
    listed = subprocess.run(
        [sys.executable, "-m", "simulator", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    known = set(re.findall(r"SIMULATOR_\w+", listed.stdout))

    given = set(compose["services"]["simulator"]["environment"]) | {
        n for n in env_names(dockerfile) if "SIMULATOR" in n
    }
    assert given
    assert given <= known


def test_it_reads_each_secret_from_where_it_lies(compose: Any) -> None:
    for service in compose["services"].values():
        files = {value for name, value in service.get("environment", {}).items() if name.endswith("_FILE")}
        assert files == {f"/run/secrets/{name}" for name in service.get("secrets", [])}


def test_its_commands_exist(compose: Any) -> None:
    for name in PRODUCT:
        command = compose["services"][name]["command"]
        assert command[0] == "python"
        if command[1] == "-m":
            assert importlib.util.find_spec(command[2])
            accepted = subprocess.run(
                [sys.executable, *command[1:3], "--help"], cwd=ROOT, capture_output=True, text=True, check=True
            )
            assert all(word in accepted.stdout for word in command[3:])
        else:
            subprocess.run(
                [sys.executable, *command[1:3], "--help"], cwd=ROOT, env=environ(), capture_output=True, check=True
            )


def test_it_keeps_the_product_from_being_more_than_it_needs(compose: Any) -> None:
    for name in (*PRODUCT, "simulator"):
        service = compose["services"][name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]


def test_it_opens_no_port_to_the_network(compose: Any) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_it_keeps_the_pretend_tenant_apart(compose: Any) -> None:
    profiles = {name: service.get("profiles") for name, service in compose["services"].items()}

    assert {name for name, each in profiles.items() if each == ["demo"]} == {"simulator", "mail"}
    assert {name for name, each in profiles.items() if each is None} == PRODUCT | {"postgres", "redis"}


def test_it_builds_targets_that_the_dockerfile_has(compose: Any, dockerfile: list[list[str]]) -> None:
    stages = {line[3] for line in dockerfile if line[0] == "FROM"}

    assert {service["build"]["target"] for service in compose["services"].values() if "build" in service} <= stages


def test_the_dockerfile_copies_what_is_there(dockerfile: list[list[str]]) -> None:
    copied = [source for line in dockerfile if line[0] == "COPY" and "--from" not in line[1] for source in line[1:-1]]

    assert {"config", "approvals", "connector", "accounts", "templates", "static", "locale", "simulator"} < set(copied)
    assert [source for source in copied if not (ROOT / source).exists()] == []


def test_the_build_may_see_what_the_dockerfile_copies(dockerfile: list[list[str]]) -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {source for line in dockerfile if line[0] == "COPY" and "--from" not in line[1] for source in line[1:-1]}

    assert copied == allowed


def test_the_images_run_without_rights_and_say_how_they_are(dockerfile: list[list[str]]) -> None:
    text = [" ".join(line) for line in dockerfile]
    stages = "\n".join(text).split("FROM ")[1:]
    base = next(stage for stage in stages if stage.splitlines()[0].endswith(" AS base"))
    final = [stage for stage in stages if re.search(r" AS (foyer|simulator)$", stage.splitlines()[0])]

    assert base.rstrip().endswith("USER foyer")
    assert len(final) == 2
    assert all(stage.startswith("base AS") and "HEALTHCHECK" in stage and "USER" not in stage for stage in final)
    assert all("pip" not in stage for stage in [base, *final])


def test_the_dockerfile_sets_settings_that_exist(dockerfile: list[list[str]]) -> None:
    known = {*SETTINGS, *PROCESS_SETTINGS, "PATH"}

    assert [
        n for n in env_names(dockerfile) if n not in known and not n.startswith(("PIP_", "PYTHON", "SIMULATOR_"))
    ] == []


def test_the_example_settings_exist() -> None:
    text = (ROOT / ".env.example").read_text()
    names = re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE)

    assert len(names) > 15
    assert [name for name in names if name not in {*SETTINGS, *PROCESS_SETTINGS}] == []


def test_the_example_is_fit_for_production(tmp_path: Path) -> None:
    given = {name: value or "" for name, value in dotenv_values(ROOT / ".env.example").items()}

    checked = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        cwd=ROOT,
        env=environ(**given, VAR=str(tmp_path), SECRET_KEY="0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX2yZ3aB4cD5eF6gH7"),
        capture_output=True,
        text=True,
        check=False,
    )

    assert checked.returncode == 0, checked.stderr


def env_names(dockerfile: list[list[str]]) -> list[str]:
    """The variables that the images set."""
    return [word.partition("=")[0] for line in dockerfile if line[0] == "ENV" for word in line[1:]]


def environ(**given: str) -> dict[str, str]:
    """Nothing but the path to programs, a key, and what is given."""
    return {"PATH": os.environ["PATH"], "SECRET_KEY": "only-to-ask-for-help-0123456789-abcdef", **given}
