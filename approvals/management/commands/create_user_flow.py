"""Set up a user flow."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.db import transaction

from approvals import audit
from approvals.management.command import OneLineCommand
from approvals.models import Action, UserFlow


class Command(OneLineCommand):
    """`create_user_flow SLUG --name NAME --redirect-url URL`"""

    help = "Set up a user flow. Its connector addresses follow from the slug."

    def add_arguments(self, parser: CommandParser) -> None:
        """The flow's fields; what is left out is as in a new flow of the administration pages."""
        parser.add_argument("slug", help="part of the connector's addresses, such as `partners`")
        parser.add_argument("--name", required=True, help="what people call the flow")
        parser.add_argument("--redirect-url", required=True, help="where an approved guest goes")
        parser.add_argument("--contact", default="", help="shown to applicants: a mail address, phone number or page")
        parser.add_argument("--provisioning", choices=UserFlow.Provisioning.values, default="graph")
        parser.add_argument("--invitation-mail", choices=UserFlow.InvitationMail.values, default="foyer")
        parser.add_argument("--language", choices=[code for code, _name in settings.LANGUAGES], default="en")
        parser.add_argument("--reapply-after-days", type=int, help="days after a denial; never, if left out")
        parser.add_argument(
            "--group", action="append", default=[], metavar="ID", help="a group that guests join; repeat"
        )
        parser.add_argument("--default", action="store_true", help="answer at the addresses of Microsoft's sample")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Create the flow. Refuses a slug that is taken or unusable, and a second default flow."""
        flow = UserFlow(
            slug=options["slug"],
            name=options["name"],
            redirect_url=options["redirect_url"],
            contact=options["contact"],
            provisioning=options["provisioning"],
            invitation_mail=options["invitation_mail"],
            language=options["language"],
            reapply_after_days=options["reapply_after_days"],
            group_ids=options["group"],
            is_default=options["default"],
        )
        with transaction.atomic():
            flow.full_clean()
            flow.save(force_insert=True)
            audit.record(Action.FLOW_CREATED, flow=flow)
        self.stdout.write(f"User flow “{flow.slug}” created.")
