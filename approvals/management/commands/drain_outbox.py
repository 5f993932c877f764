"""Work on what is due in the outbox, here and now."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from approvals import outbox
from approvals.management.command import OneLineCommand


class Command(OneLineCommand):
    """`drain_outbox [--limit N | --all]`"""

    help = "Do the work that is due in the outbox, as the worker does every few seconds. Safe beside a worker."

    def add_arguments(self, parser: CommandParser) -> None:
        """How much at most."""
        amount = parser.add_mutually_exclusive_group()
        amount.add_argument("--limit", type=int, default=1000, help="stop after so many entries (1000)")
        amount.add_argument("--all", action="store_true", help="go on until nothing is due")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Drain, and say how many entries were worked on. What is held or postponed is not due and stays."""
        if options["limit"] < 1:
            raise CommandError("--limit must be at least 1.")
        worked = outbox.drain(limit=sys.maxsize if options["all"] else options["limit"])
        self.stdout.write(f"{worked} worked on.")
