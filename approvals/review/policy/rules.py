"""A flow's rules in their order, and what is done to them with one button."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from approvals.errors import ApprovalError
from approvals.models import PolicyVersion
from approvals.policy import presets, words
from approvals.policy.rules import Rule
from approvals.policy.versions import LONGEST_COMMENT, publish
from approvals.review.policy.access import Shown, base_of, document_at, editable, shown
from approvals.review.policy.deeds import DEEDS, NoSuchRule, done, rules_of
from approvals.review.policy.presets import PRESETS, PresetForm, preset_forms
from approvals.review.reader import reader_of

BAD_REQUEST = 400


@dataclass(frozen=True)
class Row:
    """A rule in plain words."""

    number: int
    rule: Rule
    sentence: str
    steps: str
    is_last: bool


def rows_of(rules: tuple[Rule, ...]) -> list[Row]:
    """The rules as the list shows them."""
    return [
        Row(number, rule, words.rule(rule), words.steps(rule), number == len(rules))
        for number, rule in enumerate(rules, 1)
    ]


@require_safe
def rules_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The rules in force."""
    return show_rules(request, shown(request, slug))


def show_rules(
    request: HttpRequest, of: Shown, *, refused: str = "", preset: PresetForm | None = None, status: int = 200
) -> HttpResponse:
    """The rules in force; with why something was not done, and what was typed for it."""
    context = {
        "shown": of,
        "flow": of.flow,
        "tab": "rules",
        "rows": rows_of(of.policy.rules),
        "refused": refused,
        "comment": request.POST.get("comment", "").replace("\0", "")[: LONGEST_COMMENT * 2],
        "longest_comment": LONGEST_COMMENT,
        "presets": preset_forms(preset) if of.may_edit else [],
        "opened": preset.slug if preset else "",
    }
    return render(request, "policy/rules.html", context, status=status)


@require_POST
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Do one of DEEDS to one rule: a new version. A lost race is 409 with the rules that won."""
    of = editable(request, slug)
    deed, _space, rule_id = request.POST.get("deed", "").partition(" ")

    def wanted(base: int) -> dict[str, Any]:
        return done(document_at(of.flow, base), deed, rule_id)

    try:
        version = publish_from(request, of, wanted)
    except NoSuchRule as error:
        raise Http404 from error
    except ApprovalError as error:
        return show_rules(request, shown(request, slug), refused=str(error), status=error.status)
    messages.success(request, _said(deed) % {"number": version.number})
    beside = "" if deed == "delete" else f"#rule-{rule_id}"
    return redirect(f"{reverse('review:policy-rules', args=[slug])}{beside}")


def publish_from(request: HttpRequest, of: Shown, wanted: Callable[[int], Any]) -> PolicyVersion:
    """Publish what is wanted of the version that the form was made from. Raises what `publish` raises."""
    base = base_of(request)
    comment = request.POST.get("comment", "")
    return publish(of.flow, wanted(base), base=base, actor=reader_of(request), comment=comment)


def _said(deed: str) -> str:
    return {
        "up": _("Moved up. Version %(number)s is in force."),
        "down": _("Moved down. Version %(number)s is in force."),
        "enable": _("Switched on. Version %(number)s is in force."),
        "disable": _("Switched off. Version %(number)s is in force."),
        "shadow": _("The rule only records now. Version %(number)s is in force."),
        "unshadow": _("The rule decides again. Version %(number)s is in force."),
        "clone": _("Cloned, and switched off until you change it. Version %(number)s is in force."),
        "delete": _("Deleted. Version %(number)s is in force; the versions before it still have the rule."),
    }[deed]


@require_POST
def add_preset(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a ready-made rule behind the others. What cannot be used, or lost a race, comes back as it was typed."""
    of = editable(request, slug)
    made = PRESETS.get(request.POST.get("preset", ""))
    if made is None:
        raise Http404
    form = made(request.POST, prefix=made.slug)
    if not form.is_valid():
        return show_rules(request, of, refused=_("Nothing was saved."), preset=form, status=BAD_REQUEST)

    def wanted(base: int) -> dict[str, Any]:
        return presets.combined({"rules": rules_of(document_at(of.flow, base))}, form.document())

    try:
        version = publish_from(request, of, wanted)
    except ApprovalError as error:
        return show_rules(request, shown(request, slug), refused=str(error), preset=form, status=error.status)
    messages.success(request, _("Added. Version %(number)s is in force.") % {"number": version.number})
    return redirect("review:policy-rules", slug)


__all__ = ["DEEDS", "Row", "add_preset", "change", "publish_from", "rows_of", "rules_page", "show_rules"]
