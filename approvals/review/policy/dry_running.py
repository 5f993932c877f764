"""The dry run: what a version would have decided on the last requests, beside what people decided."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from approvals.models import PolicyVersion, SignUpRequest
from approvals.policy.dry_run import Judged, Summary, over
from approvals.policy.engine import Outcome
from approvals.policy.in_force import readable
from approvals.policy.rules import Policy
from approvals.review.policy.access import Shown, numbers_of, shown, version_of, whole_number
from approvals.review.reader import reader_of

DAYS = (7, 30, 90, 365)
USUAL_DAYS = 30
# A page must not keep a worker for long: with a query for each request, so many take a few seconds.
MOST = 2000
OUTCOMES: dict[Outcome, Promise | str] = {
    Outcome.APPROVE: _("Approved at once"),
    Outcome.REFUSE: _("Refused"),
    Outcome.CORRECT: _("Sent back to correct"),
    Outcome.VERIFY: _("Identity verified first"),
    Outcome.REVIEW: _("Left to a person"),
}


@dataclass(frozen=True)
class Count:
    """How often something came of it, and how much of all that is, in hundredths."""

    words: Promise | str
    code: str
    number: int
    of_all: int


@dataclass(frozen=True)
class Disagreement:
    """A request that people decided otherwise."""

    request: SignUpRequest
    would: Promise | str
    rule: str


@require_safe
def dry_run_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The version's judgement on the requests of some days. Writes nothing."""
    of = shown(request, slug)
    wanted = whole_number(request.GET.get("days", ""))
    days = wanted if 1 <= wanted <= DAYS[-1] else USUAL_DAYS
    version = _version(of, request.GET.get("version", ""))
    summary = over(of.flow, readable(version) if version else Policy(), days, most=MOST)
    context = {
        "shown": of,
        "flow": of.flow,
        "tab": "dry-run",
        "days": days,
        "choices": sorted({*DAYS, days}),
        "version": version,
        "versions": numbers_of(of.flow),
        "summary": summary,
        "counts": _counts(summary),
        "rules": _rules(version, summary),
        "disagreements": list(_disagreements(request, summary.listed)),
        "most": MOST,
    }
    return render(request, "policy/dry_run.html", context)


def _version(of: Shown, typed: str) -> PolicyVersion | None:
    """The version that was asked for, else the one in force. Raises Http404 for one that is not there."""
    if not typed:
        return of.version
    version = version_of(of.flow, whole_number(typed))
    if version is None:
        raise Http404
    return version


def _counts(summary: Summary) -> list[Count]:
    total = max(summary.requests, 1)
    numbers = ((outcome, summary.outcomes.get(str(outcome), 0)) for outcome in OUTCOMES)
    return [Count(OUTCOMES[outcome], str(outcome), number, round(100 * number / total)) for outcome, number in numbers]


def _rules(version: PolicyVersion | None, summary: Summary) -> list[tuple[str, int]]:
    """How often each rule decided, in the rules' order."""
    rules = readable(version).rules if version else ()
    return [(rule.name, summary.rules.get(rule.id, 0)) for rule in rules if rule.enabled and not rule.shadow]


def _disagreements(request: HttpRequest, listed: Iterable[Judged]) -> Iterable[Disagreement]:
    """Those that the reader may see. One query."""
    listed = list(listed)
    rows = SignUpRequest.objects.visible_to(reader_of(request)).select_related("decided_by", "delivery")
    seen = {row.reference: row for row in rows.filter(reference__in=[each.reference for each in listed])}
    for each in listed:
        if each.reference in seen:
            rule = each.rule.name if each.rule else ""
            yield Disagreement(seen[each.reference], OUTCOMES.get(each.outcome, str(each.outcome)), rule)
