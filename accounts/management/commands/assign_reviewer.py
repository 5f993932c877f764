"""Change who reviews a user flow."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import transaction

from accounts.models import User
from approvals import audit
from approvals.management.command import OneLineCommand, find_flow, find_person
from approvals.models import Action, UserFlow


class Command(OneLineCommand):
    """`assign_reviewer USERNAME --flow SLUG [--remove]`"""

    help = "Make somebody a reviewer of a user flow; with --remove, one no more."

    def add_arguments(self, parser: CommandParser) -> None:
        """Who, and of which flow."""
        parser.add_argument("username")
        parser.add_argument("--flow", required=True, metavar="SLUG")
        parser.add_argument("--remove", action="store_true", help="what the person decided keeps their name")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Change it. The second time there is nothing to change, and that is no error."""
        person, flow = find_person(options["username"]), find_flow(options["flow"])
        if options["remove"]:
            _remove(flow, person)
            self.stdout.write(f"“{person.username}” is no reviewer of “{flow.slug}”.")
            return
        if not person.is_active:
            raise CommandError(f"“{person.username}” is not active, and could not review.")
        _add(flow, person)
        self.stdout.write(f"“{person.username}” is a reviewer of “{flow.slug}”.")


@transaction.atomic
def _add(flow: UserFlow, person: User) -> None:
    if not flow.reviewers.filter(pk=person.pk).exists():
        flow.reviewers.add(person)
        audit.record(Action.FLOW_CHANGED, flow=flow, reviewers_added=[person.username])


@transaction.atomic
def _remove(flow: UserFlow, person: User) -> None:
    if flow.reviewers.filter(pk=person.pk).exists():
        flow.reviewers.remove(person)
        audit.record(Action.FLOW_CHANGED, flow=flow, reviewers_removed=[person.username])
