"""The files that a run leaves in its folder: readable by their owner alone, and never half written."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.run.plan import LOOPBACK, Plan

# What `manage.py` in another terminal must know to mean the same system: every name that config.settings reads.
SETTINGS = (
    *("SECRET_KEY", "SECRET_KEY_FALLBACKS", "DEBUG", "ALLOWED_HOSTS", "BASE_URL", "CSRF_TRUSTED_ORIGINS"),
    *("DEMO", "SIMULATOR_URL", "DATABASE_URL", "DATABASE_PREPARED_STATEMENTS", "REDIS_URL"),
    *("MIGRATE_LOCK_SECONDS", "MIGRATE_STATEMENT_SECONDS", "MIGRATE_LOCK_TRIES", "MIGRATE_PAUSE_SECONDS"),
    *("OUTBOX_LEASE_SECONDS", "OUTBOX_DRAIN_SECONDS", "OUTBOX_PATIENCE", "OUTBOX_AT_ONCE"),
    *("DECISION_HOLD_SECONDS", "ENTRA_CLOUD", "ENTRA_LOGIN_URL", "GRAPH_URL", "ENTRA_TENANT_ID"),
    *("ENTRA_TENANT_DOMAIN", "ENTRA_CLIENT_ID", "ENTRA_CLIENT_SECRET", "ENTRA_CLIENT_CERTIFICATE"),
    *("ENTRA_CA_BUNDLE", "GRAPH_SETTLING_SECONDS", "GRAPH_TIMEOUT_SECONDS"),
    *("GRAPH_WRITES_PER_WINDOW", "GRAPH_WINDOW_SECONDS"),
    *("DEFAULT_FROM_EMAIL", "EMAIL_URL", "EMAIL_BACKEND"),
    *("EMAIL_TIMEOUT", "ANYMAIL", "AXES_FAILURE_LIMIT", "AXES_COOLOFF_TIME", "TRUSTED_PROXY_COUNT", "BEHIND_PROXY"),
    *("SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD"),
    *("SESSION_COOKIE_AGE", "METRICS_TOKEN", "TIME_ZONE", "STATIC_ROOT", "LOG_LEVEL", "LOG_FORMAT"),
)

Credential = dict[str, str]


def write_private(path: Path, text: str) -> None:
    """Write a file for its owner alone; a reader sees the old text or the new."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def write_settings(plan: Plan) -> None:
    """Write down the settings of this run, as `config.env` reads them back."""
    names = [name for each in SETTINGS for name in (each, f"{each}_FILE") if name in plan.environ]
    lines = [f"{name}={_quoted(plan.environ[name])}\n" for name in names]
    write_private(plan.var / "env", "".join(lines))


def write_demo_json(plan: Plan, flow: str, credential: Credential, people: list[dict[str, str]]) -> None:
    """Write `demo.json`: where everything is, and how to get in. `simulator` is null with a real tenant."""
    document = {
        "web": plan.base_url,
        "flow": flow,
        "connector": {**connector_urls(plan, flow), **credential},
        "people": people,
        "simulator": None if plan.simulator_port is None else _simulator(plan, plan.simulator_port),
    }
    write_private(plan.var / "demo.json", json.dumps(document, indent=2) + "\n")


def connector_urls(plan: Plan, slug: str) -> dict[str, str]:
    """The two addresses that a user flow's API connectors call."""
    root = f"{plan.base_url}/api/connectors/{slug}"
    return {"check_status_url": f"{root}/check-status", "submit_url": f"{root}/submit"}


def read_json(path: Path) -> dict[str, Any]:
    """A file of an earlier run; empty when there is none or it cannot be read."""
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def _simulator(plan: Plan, first_port: int) -> Mapping[str, str | int]:
    environ = plan.environ
    return {
        "pages_url": plan.pages_url,
        "login_url": environ["ENTRA_LOGIN_URL"],
        "graph_url": environ["GRAPH_URL"],
        "ca_bundle": environ["ENTRA_CA_BUNDLE"],
        "tenant_id": environ["ENTRA_TENANT_ID"],
        "client_id": environ["ENTRA_CLIENT_ID"],
        "client_secret": environ["ENTRA_CLIENT_SECRET"],
        "smtp_host": LOOPBACK,
        "smtp_port": first_port + 2,
        **plan.verification,
    }


def _quoted(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
