"""The stored hints of requests, for one reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from approvals.hints.words import FlowNames, Shown, shown, tells_of_flows
from approvals.models import SignUpRequest, UserFlow

if TYPE_CHECKING:
    from accounts.models import User


def hints_for(reader: User, request: SignUpRequest) -> list[Shown]:
    """What this reader may know of the hints. One query, and only where they tell of other flows."""
    return shown(request.hints, flow_names(reader) if tells_of_flows(request.hints) else {})


def flow_names(reader: User) -> FlowNames:
    """The names of the flows that the reader reviews, by their keys."""
    return dict(UserFlow.objects.reviewed_by(reader).values_list("pk", "name"))
