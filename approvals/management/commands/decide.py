"""Decide on a sign-up request."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandError, CommandParser

from approvals import workflow
from approvals.management.command import OneLineCommand, find_person
from approvals.models import SignUpRequest
from approvals.models.sign_up_request import normalise_reference


class Command(OneLineCommand):
    """`decide REFERENCE approve|deny --by USERNAME [--reason TEXT]`"""

    help = "Approve or deny a pending request, in the name of somebody who reviews its user flow."

    def add_arguments(self, parser: CommandParser) -> None:
        """What, how, and in whose name."""
        parser.add_argument("reference", help="such as K7Q-4MD9; case and dash do not matter")
        parser.add_argument("decision", choices=["approve", "deny"])
        parser.add_argument("--by", required=True, metavar="USERNAME", help="who decides")
        parser.add_argument("--reason", default="", help="with `deny`: what the applicant reads; else part of the note")
        parser.add_argument("--note", default="", help="for reviewers alone")
        parser.add_argument("--silent", action="store_true", help="with `deny`: do not mail the applicant")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Decide, by the same rules as on the review pages. Refuses the second time."""
        request, actor = _find(options["reference"]), find_person(options["by"])
        if options["decision"] == "approve":
            if options["silent"]:
                raise CommandError("--silent goes with deny: an approved applicant is always told.")
            note = "\n".join(text for text in (options["reason"], options["note"]) if text)
            decided = workflow.approve(request.pk, actor=actor, note=note)
        else:
            decided = workflow.deny(
                request.pk,
                actor=actor,
                reason=options["reason"],
                note=options["note"],
                tell_applicant=not options["silent"],
            )
        self.stdout.write(f"{decided.reference} {decided.status}")


def _find(typed: str) -> SignUpRequest:
    try:
        return SignUpRequest.objects.get(reference=normalise_reference(typed))
    except SignUpRequest.DoesNotExist:
        raise CommandError(f"there is no request “{typed}”.") from None
