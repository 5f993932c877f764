"""`python -m chaos.furnish`: flows, credentials and reviewers for a prepared database, told as JSON."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import Any

PASSWORD = "a-password-of-the-chaos-run"  # noqa: S105 - of people who live for minutes
FLOWS: dict[str, list[str]] = {
    "partners": ["--group", "7d0c2f6e-1f5b-4c7e-9a54-6f6a0f3b9d11"],
    "suppliers": [
        *("--group", "7d0c2f6e-1f5b-4c7e-9a54-6f6a0f3b9d11"),
        *("--group", "e2b8a9d4-53c6-4f0b-8d0e-1c2a7b6f4e22"),
        *("--invitation-mail", "entra"),
    ],
    "visitors": ["--provisioning", "on_return"],
}
REVIEWERS = {"anna": ["partners", "suppliers"], "ben": ["partners", "suppliers", "visitors"]}
ROBOT = "robot"
ADMINISTRATOR = "eva"


def main() -> None:
    """Furnish and print what the run needs to know."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    credentials = {slug: _flow(slug, options) for slug, options in FLOWS.items()}
    for name, flows in REVIEWERS.items():
        _person(name, *(part for slug in flows for part in ("--flow", slug)))
    _person(ROBOT, *(part for slug in FLOWS for part in ("--flow", slug)))
    _person(ADMINISTRATOR, "--admin")
    for name in (ROBOT, "ben"):
        _no_mail(name)
    token = json.loads(_command("issue_api_token", ROBOT, "--name", "chaos", "--json"))["token"]
    told = {"flows": credentials, "reviewer": "ben", "password": PASSWORD, "token": token}
    sys.stdout.write(json.dumps(told))


def _flow(slug: str, options: list[str]) -> dict[str, str]:
    address = ("--redirect-url", "https://app.example/")
    _command("create_user_flow", slug, "--name", slug.capitalize(), *address, *options)
    issued: dict[str, str] = json.loads(_command("issue_credential", slug, "--json"))
    return issued


def _person(name: str, *options: str) -> None:
    sys.stdin = io.StringIO(f"{PASSWORD}\n")
    _command("create_reviewer", name, "--email", f"{name}@contoso.example", "--password-from", "stdin", *options)


def _no_mail(name: str) -> None:
    from accounts.models import User

    User.objects.filter(username=name).update(notify=False)


def _command(*arguments: Any) -> str:
    from django.core.management import call_command

    told = io.StringIO()
    call_command(*arguments, stdout=told)
    return told.getvalue()


if __name__ == "__main__":
    main()
