"""Keeping the calls that could not be used, for the administrator: what was wrong, and not a claim."""

from __future__ import annotations

from approvals.models import UserFlow
from connector.call import Call
from connector.models import UnusableCall

KEPT_PER_FLOW = 500


def keep(flow: UserFlow, step: str, call: Call) -> None:
    """Write the call down and let go of the oldest beyond KEPT_PER_FLOW."""
    UnusableCall.objects.create(
        flow=flow, step=step, code=call.unusable, body_bytes=call.body_bytes, content_type=call.content_type
    )
    beyond = UnusableCall.objects.filter(flow=flow).order_by("-at", "-id").values_list("pk", flat=True)[KEPT_PER_FLOW:]
    UnusableCall.objects.filter(pk__in=list(beyond)).delete()
