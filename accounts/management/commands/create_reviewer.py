"""Give somebody an account to review with."""

from __future__ import annotations

import secrets
import sys
from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from accounts.models import User
from approvals import audit
from approvals.management.command import OneLineCommand, find_flow
from approvals.models import Action, UserFlow


class Command(OneLineCommand):
    """`create_reviewer USERNAME --email ADDRESS --flow SLUG … [--admin]`"""

    help = "Create a reviewer, or with --admin an administrator. A generated password is printed once."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, what to review, and where the password comes from."""
        parser.add_argument("username")
        parser.add_argument("--email", required=True)
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        parser.add_argument("--flow", action="append", default=[], metavar="SLUG", dest="flows", help="repeat for more")
        parser.add_argument("--admin", action="store_true", help="sees every flow and the administration pages")
        parser.add_argument(
            "--password-from",
            choices=["generated", "prompt", "stdin"],
            default="generated",
            help="generated and printed, asked for, or the first line of standard input",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Create the account. Refuses a user name that is taken, an unknown flow and a weak password."""
        if not options["flows"] and not options["admin"]:
            raise CommandError("name what to review with --flow, or make an administrator with --admin.")
        flows = [find_flow(slug) for slug in dict.fromkeys(options["flows"])]
        person = User(
            username=User.normalize_username(options["username"]),
            email=options["email"],
            first_name=options["first_name"],
            last_name=options["last_name"],
            is_staff=options["admin"],
            is_superuser=options["admin"],
        )
        password = _password(options["password_from"])
        validate_password(password, person)
        person.set_password(password)
        _save(person, flows)
        self.stdout.write(f"{'Administrator' if person.is_superuser else 'Reviewer'} “{person.username}” created.")
        if options["password_from"] == "generated":  # noqa: S105 - where it comes from, not what it is
            self.stdout.write(f"password: {password}")


def _password(source: str) -> str:
    if source == "generated":
        return secrets.token_urlsafe(15)
    if source == "stdin":
        return sys.stdin.readline().rstrip("\r\n")
    first, second = getpass("Password: "), getpass("The same again: ")
    if first != second:
        raise CommandError("the two passwords are not the same.")
    return first


def _save(person: User, flows: list[UserFlow]) -> None:
    with transaction.atomic():
        person.full_clean()
        person.save(force_insert=True)
        for flow in flows:
            flow.reviewers.add(person)
            audit.record(Action.FLOW_CHANGED, flow=flow, reviewers_added=[person.username])
