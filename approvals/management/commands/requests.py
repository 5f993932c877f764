"""List sign-up requests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.management.base import CommandError, CommandParser

from approvals.management.command import OneLineCommand, find_flow
from approvals.models import Delivery, SignUpRequest

DELIVERIES = ["none", *Delivery.State.values]
READ_AT_ONCE = 1000


class Command(OneLineCommand):
    """`requests [--status S] [--email E] [--json]`"""

    help = "List sign-up requests, oldest first."

    def add_arguments(self, parser: CommandParser) -> None:
        """The filters; all that are given must hold."""
        parser.add_argument("--status", choices=SignUpRequest.Status.values)
        parser.add_argument("--delivery", choices=DELIVERIES)
        parser.add_argument("--email", help="the applicant's address, whatever its case")
        parser.add_argument("--flow", metavar="SLUG")
        parser.add_argument("--limit", type=int, help="no more than so many, the newest")
        parser.add_argument("--json", action="store_true", help="as a JSON list")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print the requests; none is an answer too."""
        items = map(_item, _found(options))
        if options["json"]:
            self.print_json_list(items)
            return
        for item in items:
            self.stdout.write("{reference}  {status:<9}  {delivery:<6}  {flow}  {email}".format(**item))


def _found(options: dict[str, Any]) -> Iterable[SignUpRequest]:
    """The requests, oldest first. All of them may be too many to hold: they are read while they are printed."""
    found = SignUpRequest.objects.select_related("flow", "delivery", "decided_by").order_by("submitted_at", "id")
    if options["status"]:
        found = found.filter(status=options["status"])
    if options["delivery"]:
        found = found.with_delivery(options["delivery"])
    if options["email"]:
        found = found.with_email(options["email"])
    if options["flow"]:
        found = found.filter(flow=find_flow(options["flow"]))
    if options["limit"] is None:
        return found.iterator(chunk_size=READ_AT_ONCE)
    if options["limit"] < 1:
        raise CommandError("--limit must be at least 1.")
    return reversed(found.reverse()[: options["limit"]])


def _item(request: SignUpRequest) -> dict[str, Any]:
    delivery = getattr(request, "delivery", None)
    return {
        "reference": request.reference,
        "email": request.email,
        "name": request.display_name,
        "flow": request.flow.slug,
        "status": request.status,
        "delivery": delivery.state if delivery else "none",
        "guest_id": (delivery and delivery.guest_id) or None,
        "error": (delivery and delivery.code) or None,
        "reason": request.reason,
        "submitted_at": request.submitted_at.isoformat(),
        "decided_at": request.decided_at.isoformat() if request.decided_at else None,
        "decided_by": request.decided_by.get_username() if request.decided_by else None,
        "decided_by_policy": request.decided_by_policy,
    }
