"""The versions of a policy: who changed what and when, one of them in full, and going back to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from approvals.errors import ApprovalError
from approvals.models import PolicyVersion, UserFlow
from approvals.policy.in_force import readable
from approvals.policy.versions import changed_rules, publish
from approvals.review.policy.access import NO_RULES, Shown, base_of, editable, shown, version_of, whole_number
from approvals.review.policy.deeds import rules_of
from approvals.review.policy.rules import rows_of
from approvals.review.reader import reader_of

PAGE_SIZE = 20


@dataclass(frozen=True)
class Changes:
    """The names of the rules that a version added, removed and changed, and whether some stand in another order."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[str, ...]
    moved: bool

    @property
    def any(self) -> bool:
        """Whether something differs at all."""
        return bool(self.added or self.removed or self.changed or self.moved)


@dataclass(frozen=True)
class Row:
    """A version and what it changed."""

    version: PolicyVersion
    changes: Changes


def changes_between(before: Any, after: Any) -> Changes:
    """What differs between two documents, by the names that people know the rules by."""
    names = {rule["id"]: str(rule.get("name") or rule["id"]) for rule in [*rules_of(before), *rules_of(after)]}
    found = changed_rules(before, after)
    added, removed, changed = (tuple(names[each] for each in found[kind]) for kind in ("added", "removed", "changed"))
    return Changes(added, removed, changed, bool(found["moved"]))


@require_safe
def versions_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest versions, or those before one."""
    of = shown(request, slug)
    rows = PolicyVersion.objects.filter(flow=of.flow).order_by("-number")
    before = whole_number(request.GET.get("before", ""))
    if before:
        rows = rows.filter(number__lt=before)
    found = list(rows[: PAGE_SIZE + 1])
    context = {
        "shown": of,
        "flow": of.flow,
        "tab": "versions",
        "rows": _rows(found)[:PAGE_SIZE],
        "before": found[PAGE_SIZE - 1].number if len(found) > PAGE_SIZE else 0,
        "is_later": bool(before),
    }
    return render(request, "policy/versions.html", context)


def _rows(found: list[PolicyVersion]) -> list[Row]:
    earlier = [each.document for each in found[1:]] + [NO_RULES]
    return [Row(each, changes_between(before, each.document)) for each, before in zip(found, earlier, strict=True)]


@require_safe
def version_page(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One version in plain words."""
    return _show(request, shown(request, slug), number)


def _show(request: HttpRequest, of: Shown, number: int, *, refused: str = "", status: int = 200) -> HttpResponse:
    version = _version(of.flow, number)
    context = {
        "shown": of,
        "flow": of.flow,
        "tab": "versions",
        "version": version,
        "policy": readable(version),
        "rows": rows_of(readable(version).rules),
        "since": changes_between(of.document, version.document),
        "refused": refused,
        "comment": request.POST.get("comment", "").replace("\0", "")[:600],
    }
    return render(request, "policy/version.html", context, status=status)


def _version(flow: UserFlow, number: int) -> PolicyVersion:
    version = version_of(flow, whole_number(str(number)))
    if version is None:
        raise Http404
    return version


@require_POST
def restore(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Put an earlier version in force again, as a new one."""
    of = editable(request, slug)
    again = _version(of.flow, number)
    comment = request.POST.get("comment", "").strip() or _("Version %(number)s again.") % {"number": again.number}
    try:
        version = publish(of.flow, again.document, base=base_of(request), actor=reader_of(request), comment=comment)
    except ApprovalError as error:
        return _show(request, shown(request, slug), number, refused=str(error), status=error.status)
    said = _("The rules of version %(again)s are in force again, as version %(number)s.")
    messages.success(request, said % {"again": again.number, "number": version.number})
    return redirect("review:policy-rules", slug)
