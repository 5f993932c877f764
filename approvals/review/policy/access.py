"""Whose policy a page shows, and which version of it: what the reader may not see is not there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpRequest

from approvals.models import PolicyVersion, UserFlow
from approvals.policy.document import FORM, parse
from approvals.policy.errors import PolicyChanged, PolicyError
from approvals.policy.rules import Policy
from approvals.policy.versions import current
from approvals.review.reader import reader_of

LONGEST_NUMBER = 9
MOST_CHOICES = 100
NO_RULES: dict[str, Any] = {"policy": FORM, "rules": []}


@dataclass(frozen=True)
class Shown:
    """A flow with a version of its policy, None before there is one. `may_edit` says whether the reader may change it."""

    flow: UserFlow
    version: PolicyVersion | None
    may_edit: bool

    @property
    def number(self) -> int:
        """The version's number; 0 before there is one."""
        return self.version.number if self.version else 0

    @property
    def document(self) -> Any:
        """The rules as they are stored."""
        return self.version.document if self.version else NO_RULES

    @cached_property
    def policy(self) -> Policy:
        """The rules; a policy that is not usable when they cannot be read."""
        try:
            return parse(self.document)
        except PolicyError:
            return Policy(usable=False)


def shown(request: HttpRequest, slug: str) -> Shown:
    """The flow with this slug and its policy in force. Raises Http404 when there is none, or the reader does not review it."""
    reader = reader_of(request)
    flow = UserFlow.objects.reviewed_by(reader).filter(slug=slug).first()
    if flow is None:
        raise Http404
    return Shown(flow, current(flow), reader.is_superuser)


def editable(request: HttpRequest, slug: str) -> Shown:
    """The same for an administrator. Raises PermissionDenied for a reviewer of the flow, and Http404 for everybody else."""
    found = shown(request, slug)
    if not found.may_edit:
        raise PermissionDenied
    return found


def version_of(flow: UserFlow, number: int) -> PolicyVersion | None:
    """One version of a flow's policy; None when there is no such."""
    return PolicyVersion.objects.filter(flow=flow, number=number).first() if number > 0 else None


def newest_versions(flows: Iterable[UserFlow]) -> dict[int, PolicyVersion]:
    """The versions in force of these flows, by the flows' keys. One query."""
    newest = PolicyVersion.objects.filter(flow=OuterRef("flow")).order_by("-number").values("pk")[:1]
    rows = PolicyVersion.objects.filter(flow__in=list(flows), pk=Subquery(newest))
    return {row.flow_id: row for row in rows}


def numbers_of(flow: UserFlow) -> list[int]:
    """The versions that a reader can choose from, newest first."""
    rows = PolicyVersion.objects.filter(flow=flow).order_by("-number").values_list("number", flat=True)
    return list(rows[:MOST_CHOICES])


def whole_number(typed: str) -> int:
    """A number that somebody sent, such as a version's; 0 for what is none, or larger than any."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) <= LONGEST_NUMBER else 0


def base_of(request: HttpRequest) -> int:
    """The version that a form was made from."""
    return whole_number(request.POST.get("base", ""))


def document_at(flow: UserFlow, number: int) -> Any:
    """The rules that a form was made from. Raises PolicyChanged when nobody could have seen them.

    A deed is done to these, and not to the newest ones: done twice, it then is the same as once.
    """
    version = version_of(flow, number)
    if version is None and number:
        raise PolicyChanged
    return version.document if version else NO_RULES
