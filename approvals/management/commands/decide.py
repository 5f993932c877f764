"""Decide on a sign-up request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.management.base import CommandError, CommandParser

from approvals import workflow
from approvals.management.command import OneLineCommand, find_person
from approvals.models import SignUpRequest
from approvals.models.sign_up_request import normalise_reference

TAKING_BACK: dict[str, Callable[..., object]] = {
    "undo": workflow.undo,
    "reopen": workflow.reopen,
    "retry": workflow.retry_delivery,
}


class Command(OneLineCommand):
    """`decide REFERENCE approve|deny|undo|reopen|retry --by USERNAME [--reason TEXT] [--note TEXT] [--silent]`"""

    help = "Decide on a request in the name of somebody who reviews its user flow, or go back on a decision."

    def add_arguments(self, parser: CommandParser) -> None:
        """What, how, and in whose name."""
        parser.add_argument("reference", help="such as K7Q-4MD9; case and dash do not matter")
        parser.add_argument(
            "decision",
            choices=["approve", "deny", *TAKING_BACK],
            help="undo: before it takes effect; reopen: after a denial or a failed delivery; retry: a failed delivery",
        )
        parser.add_argument("--by", required=True, metavar="USERNAME", help="who decides")
        parser.add_argument("--reason", default="", help="with `deny`: what the applicant reads; else part of the note")
        parser.add_argument("--note", default="", help="with `approve` and `deny`: for reviewers alone")
        parser.add_argument("--silent", action="store_true", help="with `deny`: do not mail the applicant")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Decide, by the same rules as on the review pages. Refuses the second time."""
        request, actor = _find(options["reference"]), find_person(options["by"])
        if options["decision"] == "approve":
            _approve(request, actor, options)
        elif options["decision"] == "deny":
            _deny(request, actor, options)
        else:
            _take_back(request, actor, options)
        request.refresh_from_db()
        self.stdout.write(f"{request.reference} {request.status}")


def _approve(request: SignUpRequest, actor: Any, options: dict[str, Any]) -> None:
    if options["silent"]:
        raise CommandError("--silent goes with deny: an approved applicant is always told.")
    note = "\n".join(text for text in (options["reason"], options["note"]) if text)
    workflow.approve(request.pk, actor=actor, note=note)


def _deny(request: SignUpRequest, actor: Any, options: dict[str, Any]) -> None:
    tell = not options["silent"]
    workflow.deny(request.pk, actor=actor, reason=options["reason"], note=options["note"], tell_applicant=tell)


def _take_back(request: SignUpRequest, actor: Any, options: dict[str, Any]) -> None:
    for name in ("reason", "note", "silent"):
        if options[name]:
            raise CommandError(f"--{name} goes with approve or deny.")
    TAKING_BACK[options["decision"]](request.pk, actor=actor)


def _find(typed: str) -> SignUpRequest:
    try:
        return SignUpRequest.objects.get(reference=normalise_reference(typed))
    except SignUpRequest.DoesNotExist:
        raise CommandError(f"there is no request “{typed}”.") from None
