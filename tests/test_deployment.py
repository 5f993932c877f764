"""The settings of a production installation, as a process of its own reads them from the environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

PRODUCTION = {
    "SECRET_KEY": "a-production-secret-0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdef",
    "BASE_URL": "https://foyer.contoso.example",
    "ALLOWED_HOSTS": "foyer.contoso.example",
    "BEHIND_PROXY": "true",
}
LOOK = """
import json, django
django.setup()
from django.test import Client
inside = {"HTTP_HOST": "foyer.contoso.example", "HTTP_X_FORWARDED_PROTO": "https"}
page = Client().get("/accounts/sign-in", **inside)
plain = Client().get("/accounts/sign-in", HTTP_HOST="foyer.contoso.example")
from django.contrib.auth.hashers import make_password
print(json.dumps({
    "status": page.status_code,
    "headers": dict(page.items()),
    "cookies": {name: dict(cookie) for name, cookie in page.cookies.items()},
    "plain": [plain.status_code, plain.get("Location")],
    "hash": make_password("x").split("$")[0],
}))
"""


def run(folder: Path, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the repository with nothing but a production environment."""
    return subprocess.run(
        [sys.executable, *command],
        env={"PATH": os.environ["PATH"], "VAR": str(folder), **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the sign-in page and its surroundings look like in production."""
    folder = tmp_path_factory.mktemp("production")
    assert run(folder, "manage.py", "migrate", "-v0", **PRODUCTION).returncode == 0
    assert run(folder, "manage.py", "collectstatic", "--noinput", "-v0", **PRODUCTION).returncode == 0
    looked = run(folder, "-c", LOOK, DJANGO_SETTINGS_MODULE="config.settings", **PRODUCTION)
    assert looked.returncode == 0, looked.stderr
    told: dict[str, Any] = json.loads(looked.stdout)
    return told


def test_the_deployment_checks_are_clean(tmp_path: Path) -> None:
    checked = run(tmp_path, "manage.py", "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_plain_http_is_sent_to_https(seen: dict[str, Any]) -> None:
    assert seen["plain"] == [301, "https://foyer.contoso.example/accounts/sign-in"]


def test_the_browser_is_told_to_be_strict(seen: dict[str, Any]) -> None:
    headers = seen["headers"]
    assert seen["status"] == 200
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy


def test_cookies_are_secure_and_of_this_site(seen: dict[str, Any]) -> None:
    assert seen["cookies"]
    for cookie in seen["cookies"].values():
        assert (cookie["secure"], cookie["httponly"], cookie["samesite"]) == (True, True, "Lax")


def test_passwords_are_kept_with_argon2(seen: dict[str, Any]) -> None:
    assert seen["hash"] == "argon2"


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"ENTRA_CLOUD": "mars"}, "ENTRA_CLOUD"),
        ({"DECISION_HOLD_SECONDS": "soon"}, "DECISION_HOLD_SECONDS"),
        ({"EMAIL_URL": "pigeon://roof"}, "EMAIL_URL"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL"),
    ],
)
def test_a_wrong_setting_is_one_line(wrong: dict[str, str], word: str, tmp_path: Path) -> None:
    refused = run(tmp_path, "manage.py", "check", **{**PRODUCTION, **wrong})
    assert refused.returncode == 1
    assert len(refused.stderr.splitlines()) == 1, refused.stderr
    assert word in refused.stderr


def test_no_secret_key_at_all_is_one_line(tmp_path: Path) -> None:
    refused = run(tmp_path, "manage.py", "check")
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1)
    assert "SECRET_KEY" in refused.stderr


@pytest.mark.parametrize(
    ("cloud", "login", "graph"),
    [
        ("global", "https://login.microsoftonline.com", "https://graph.microsoft.com"),
        ("usgov", "https://login.microsoftonline.us", "https://graph.microsoft.us"),
        ("dod", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"),
        ("china", "https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"),
    ],
)
def test_a_national_cloud_is_one_setting(cloud: str, login: str, graph: str, tmp_path: Path) -> None:
    script = "from django.conf import settings; print(settings.ENTRA_LOGIN_URL, settings.GRAPH_URL)"
    told = run(tmp_path, "-c", script, DJANGO_SETTINGS_MODULE="config.settings", **{**PRODUCTION, "ENTRA_CLOUD": cloud})
    assert told.stdout.split() == [login, graph]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("from-a-file-0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ-abcdef")
    script = "from django.conf import settings; print(settings.ENTRA_CLIENT_SECRET)"
    told = run(
        tmp_path,
        "-c",
        script,
        DJANGO_SETTINGS_MODULE="config.settings",
        ENTRA_CLIENT_SECRET_FILE=str(file),
        **PRODUCTION,
    )
    assert told.stdout.strip() == file.read_text()
