"""Revoke a token of the staff API."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.models import ApiToken
from accounts.signin.tokens import revoke_token
from approvals.management.command import OneLineCommand, find_person


class Command(OneLineCommand):
    """`revoke_api_token USERNAME --name NAME`"""

    help = "Shut an API token out, at once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which one."""
        parser.add_argument("username")
        parser.add_argument("--name", required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Revoke the token. Refuses the second time: then there is none of that name."""
        person = find_person(options["username"])
        token = ApiToken.objects.filter(user=person, name=options["name"].strip(), revoked_at=None).first()
        if token is None or not revoke_token(token):
            raise CommandError(f"“{person.username}” has no unrevoked token “{options['name']}”.")
        self.stdout.write(f"Token “{token.name}” of “{person.username}” revoked.")
