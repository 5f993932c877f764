"""Issue or revoke the credential with which Entra calls a flow's connector."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.urls import reverse

from approvals.management.command import OneLineCommand, days, find_flow
from approvals.models import UserFlow
from connector.models import LIVE_AT_ONCE, ConnectorCredential, TooManyCredentials


class Command(OneLineCommand):
    """`issue_credential SLUG --json [--expires-days N] [--revoke USERNAME]`"""

    help = "Print a new user name and password for a flow's API connectors, once. Two may be live, for rotation."

    def add_arguments(self, parser: CommandParser) -> None:
        """The flow, and what to do."""
        parser.add_argument("slug")
        parser.add_argument("--json", action="store_true", help="as a JSON object")
        parser.add_argument("--expires-days", type=days, metavar="N", help="how long it opens the door; else for ever")
        parser.add_argument("--revoke", metavar="USERNAME", help="close the door for this one, and issue none")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Issue a credential, or revoke one; never both, so that a rotation cannot lock Entra out."""
        flow = find_flow(options["slug"])
        if options["revoke"]:
            self._revoke(flow, options["revoke"])
            return
        issued = _issue(flow, options["expires_days"])
        if options["json"]:
            self.print_json(issued)
            return
        for name, value in issued.items():
            self.stdout.write(f"{name.replace('_', ' ')}: {value or 'never'}")
        self.stdout.write("The password is shown this once.")

    def _revoke(self, flow: UserFlow, username: str) -> None:
        credential = ConnectorCredential.objects.filter(flow=flow, username=username, revoked_at=None).first()
        if credential is None:
            raise CommandError(f"the flow has no unrevoked credential “{username}”.")
        credential.revoke()
        self.stdout.write(f"Credential “{username}” revoked.")


def _issue(flow: UserFlow, lifetime_days: int | None) -> dict[str, str | None]:
    lifetime = timedelta(days=lifetime_days) if lifetime_days else None
    try:
        credential, secret = ConnectorCredential.issue(flow, lifetime=lifetime)
    except TooManyCredentials:
        live = ", ".join(ConnectorCredential.objects.live().filter(flow=flow).values_list("username", flat=True))
        message = f"the flow has {LIVE_AT_ONCE} live credentials ({live}); revoke one first, with --revoke."
        raise CommandError(message) from None
    return {
        "username": credential.username,
        "password": secret,
        "expires_at": credential.expires_at.isoformat() if credential.expires_at else None,
        "check_status_url": settings.BASE_URL + reverse("connector:check-status", args=[flow.slug]),
        "submit_url": settings.BASE_URL + reverse("connector:submit", args=[flow.slug]),
    }
