"""A rule: read by reviewers, written by administrators, and said in plain words before it is saved."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from approvals.errors import ApprovalError
from approvals.policy import words
from approvals.policy.attributes import ATTRIBUTES
from approvals.policy.document import FORM, parse
from approvals.policy.errors import PolicyError
from approvals.policy.rules import Rule
from approvals.policy.versions import publish
from approvals.review.policy.access import Shown, base_of, document_at, editable, shown
from approvals.review.policy.deeds import find, new_id, rules_of, with_rule
from approvals.review.policy.rule_form import Draft
from approvals.review.reader import reader_of

BAD_REQUEST = 400
NEW = ""


@require_http_methods(["GET", "HEAD", "POST"])
def new_rule(request: HttpRequest, slug: str) -> HttpResponse:
    """Write a rule, which is put behind the others."""
    of = editable(request, slug)
    return _sent(request, of, NEW) if request.method == "POST" else _show(request, of, Draft(of.flow))


@require_http_methods(["GET", "HEAD", "POST"])
def rule_page(request: HttpRequest, slug: str, rule_id: str) -> HttpResponse:
    """One rule in force. An administrator may write another in its place."""
    if request.method == "POST":
        return _sent(request, editable(request, slug), rule_id)
    of = shown(request, slug)
    stored = find(of.document, rule_id)
    rule = _parsed(stored)
    if rule is None:
        raise Http404
    if not of.may_edit:
        return _read(request, of, rule)
    return _show(request, of, Draft(of.flow, rule_id, stored=stored))


def _stored(document: Any, rule_id: str) -> dict[str, Any] | None:
    """The rule as it is stored, if the form can hold it."""
    stored = find(document, rule_id)
    return stored if stored is not None and _parsed(stored) else None


def _parsed(stored: Any) -> Rule | None:
    try:
        return parse({"policy": FORM, "rules": [stored]}).rules[0] if stored else None
    except PolicyError:
        return None


def _read(request: HttpRequest, of: Shown, rule: Rule) -> HttpResponse:
    """The rule for somebody who may not change it."""
    context = {
        "shown": of,
        "flow": of.flow,
        "tab": "rules",
        "rule": rule,
        "sentence": words.rule(rule),
        "steps": words.steps(rule),
    }
    return render(request, "policy/rule_read.html", context)


def _sent(request: HttpRequest, of: Shown, rule_id: str) -> HttpResponse:
    """Add or remove a condition, say what the rule means, or save it."""
    deed = request.POST.get("deed", "check")
    try:
        base = document_at(of.flow, base_of(request))
    except ApprovalError as error:
        draft = Draft.sent(of.flow, request.POST, rule_id, stored=None)
        draft.check()
        return _show(request, of, draft, refused=str(error), status=error.status)
    draft = Draft.sent(of.flow, request.POST, rule_id, stored=_stored(base, rule_id), deed=deed)
    if deed.startswith(("add", "remove")):
        return _show(request, of, draft)
    taken = {each["id"] for each in rules_of(base)}
    draft.rule_id = rule_id or new_id(str(draft.form["name"].value() or ""), taken)
    fine = draft.check()
    if deed != "save":
        return _show(request, of, draft, checked=True)
    if not fine:
        return _show(request, of, draft, status=BAD_REQUEST, checked=True)
    return _save(request, of, draft, base)


def _save(request: HttpRequest, of: Shown, draft: Draft, base: Any) -> HttpResponse:
    """Publish the rule with the others of the version that the form was made from."""
    comment = request.POST.get("comment", "")
    document, number = with_rule(base, draft.as_document()), base_of(request)
    try:
        version = publish(of.flow, document, base=number, actor=reader_of(request), comment=comment)
    except PolicyError as error:
        draft.place(error.problems)
        return _show(request, of, draft, status=error.status, checked=True)
    except ApprovalError as error:
        now = shown(request, of.flow.slug)
        return _show(request, now, draft, refused=str(error), status=error.status, checked=True)
    messages.success(request, _("Saved. Version %(number)s is in force.") % {"number": version.number})
    return redirect(f"{reverse('review:policy-rules', args=[of.flow.slug])}#rule-{draft.rule_id}")


def _show(
    request: HttpRequest,
    of: Shown,
    draft: Draft,
    *,
    refused: str = "",
    status: int = 200,
    checked: bool = False,
) -> HttpResponse:
    """The form as it stands. After a lost race it is made from the version that won, which is said beside it."""
    rule = draft.rule if draft.form.is_bound else _parsed(find(of.document, draft.rule_id))
    now = _parsed(find(of.document, draft.rule_id))
    context = {
        "shown": of,
        "flow": of.flow,
        "tab": "rules",
        "draft": draft,
        "form": draft.form,
        "problems": list(draft.problems()) if checked else [],
        "others": draft.others,
        "base": of.number if refused or not draft.form.is_bound else base_of(request),
        "refused": refused,
        "now": words.rule(now) if now and refused else "",
        "is_new": not find(of.document, draft.rule_id),
        "sentence": words.rule(rule) if rule else "",
        "steps": words.steps(rule) if rule else "",
        "claims": ["email", *ATTRIBUTES],
    }
    return render(request, "policy/rule.html", context, status=status)
