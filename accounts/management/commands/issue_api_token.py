"""Issue a token for the staff API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import IntegrityError

from accounts.signin.tokens import issue_token
from approvals.management.command import OneLineCommand, days, find_person


class Command(OneLineCommand):
    """`issue_api_token USERNAME --name NAME [--expires-days N] [--read-only]`"""

    help = "Print a new API token, once. It acts as its user: give a staff system a user of its own."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose, what for, and how much."""
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="what it is for, such as `nightly export`")
        parser.add_argument("--expires-days", type=days, metavar="N", help="how long it is good; else for ever")
        parser.add_argument("--read-only", action="store_true", help="may look and not decide")
        parser.add_argument("--json", action="store_true", help="as a JSON object")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Issue the token. Refuses a name that another unrevoked token of this user has."""
        person, name = find_person(options["username"]), options["name"].strip()
        if not person.is_active:
            raise CommandError(f"“{person.username}” may not sign in, and so needs no token.")
        if not 1 <= len(name) <= 100:
            raise CommandError("--name must have 1 to 100 characters.")
        lifetime = timedelta(days=options["expires_days"]) if options["expires_days"] else None
        try:
            token, secret = issue_token(person, name, lifetime=lifetime, read_only=options["read_only"])
        except IntegrityError:
            raise CommandError(f"“{person.username}” has a token “{name}” already; revoke it first.") from None
        if options["json"]:
            expires_at = token.expires_at.isoformat() if token.expires_at else None
            self.print_json({"name": name, "token": secret, "expires_at": expires_at, "read_only": token.read_only})
            return
        self.stdout.write(secret)
