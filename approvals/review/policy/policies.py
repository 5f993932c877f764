"""All flows that the reader reviews, each with how its policy stands."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from approvals.models import PolicyVersion, UserFlow
from approvals.review.policy.access import newest_versions
from approvals.review.policy.deeds import rules_of
from approvals.review.reader import reader_of


@dataclass(frozen=True)
class Row:
    """A flow, the version in force, and how many of its rules decide; None for the version before there is one."""

    flow: UserFlow
    version: PolicyVersion | None
    rules: int
    off: int
    shadows: int


@require_safe
def policies(request: HttpRequest) -> HttpResponse:
    """The flows with their policies. Two queries."""
    reader = reader_of(request)
    flows = list(UserFlow.objects.reviewed_by(reader).order_by("name"))
    versions = newest_versions(flows)
    rows = [_row(flow, versions.get(flow.pk)) for flow in flows]
    return render(request, "policy/policies.html", {"rows": rows})


def _row(flow: UserFlow, version: PolicyVersion | None) -> Row:
    rules = rules_of(version.document) if version else []
    off = sum(rule.get("enabled") is False for rule in rules)
    shadows = sum(rule.get("shadow") is True and rule.get("enabled") is not False for rule in rules)
    return Row(flow, version, len(rules), off, shadows)
