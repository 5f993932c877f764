"""Named lists of domains, one domain on each line: read with the rules that speak of them, and saved by administrators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from approvals.errors import ApprovalError
from approvals.models import DomainList, UserFlow
from approvals.policy.domains import readable
from approvals.policy.lists import LONGEST_NAME, LONGEST_SLUG, save_list
from approvals.review.policy.access import newest_versions, whole_number
from approvals.review.policy.deeds import rules_of
from approvals.review.policy.lines import words_of
from approvals.review.reader import reader_of

if TYPE_CHECKING:
    from accounts.models import User

BAD_REQUEST = 400


@dataclass(frozen=True)
class Use:
    """A rule of a flow that speaks of a list; no rule's name when the flow knows its partners by the list."""

    flow: UserFlow
    rule: str = ""


class ListForm(forms.Form):
    """A list's name and its domains."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=LONGEST_NAME)
    domains = forms.CharField(
        label=gettext_lazy("Domains, one on each line"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 16, "spellcheck": "false", "class": "code"}),
        help_text=gettext_lazy("fabrikam.com is that domain; .fabrikam.com is every domain below it."),
    )


class NewListForm(ListForm):
    """The same with what rules will call it."""

    field_order = ("name", "slug", "domains")

    slug = forms.SlugField(
        label=gettext_lazy("Slug"),
        max_length=LONGEST_SLUG,
        help_text=gettext_lazy("What rules call it: small letters, digits and dashes. It stays."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def lists_page(request: HttpRequest) -> HttpResponse:
    """The lists that concern the reader, and a form for a new one."""
    reader = reader_of(request)
    if request.method != "POST":
        return _show_all(request, NewListForm())
    if not reader.is_superuser:
        raise PermissionDenied
    form = NewListForm(request.POST)
    if not form.is_valid():
        return _show_all(request, form, status=BAD_REQUEST)
    said = form.cleaned_data
    try:
        saved = save_list(said["slug"], said["name"], words_of(said["domains"]), base_version=0, actor=reader)
    except ApprovalError as error:
        form.add_error(None, str(error))
        return _show_all(request, form, status=error.status)
    messages.success(request, _("Saved %(name)s.") % {"name": saved.name})
    return redirect("review:domain-list", saved.slug)


def _show_all(request: HttpRequest, form: NewListForm, *, status: int = 200) -> HttpResponse:
    reader = reader_of(request)
    uses = uses_of(reader)
    lists = [each for each in DomainList.objects.order_by("name") if reader.is_superuser or each.slug in uses]
    context = {
        "rows": [(each, len(each.domains), uses.get(each.slug, [])) for each in lists],
        "may_edit": reader.is_superuser,
        "form": form,
    }
    return render(request, "policy/lists.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def list_page(request: HttpRequest, slug: str) -> HttpResponse:
    """One list. A lost race is 409 with what was typed, beside what the list has become."""
    reader = reader_of(request)
    found = _visible(reader, slug)
    if request.method != "POST":
        return _show(request, found)
    if not reader.is_superuser:
        raise PermissionDenied
    form = ListForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, version=_base(request), status=BAD_REQUEST)
    said = form.cleaned_data
    try:
        save_list(slug, said["name"], words_of(said["domains"]), base_version=_base(request), actor=reader)
    except ApprovalError as error:
        now = _visible(reader, slug)
        if error.status == BAD_REQUEST:
            form.add_error("domains", str(error))
            return _show(request, now, form, version=_base(request), status=error.status)
        return _show(request, now, form, refused=str(error), status=error.status)
    messages.success(request, _("Saved %(name)s.") % {"name": said["name"]})
    return redirect("review:domain-list", slug)


def _base(request: HttpRequest) -> int:
    return whole_number(request.POST.get("base", ""))


def _visible(reader: User, slug: str) -> DomainList:
    """The list. Raises Http404 for a reviewer whose flows do not speak of it."""
    found = DomainList.objects.filter(slug=slug).select_related("changed_by").first()
    if found is None or not (reader.is_superuser or slug in uses_of(reader)):
        raise Http404
    return found


def _show(
    request: HttpRequest,
    of: DomainList,
    form: ListForm | None = None,
    *,
    version: int = 0,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    reader = reader_of(request)
    typed = "\n".join(shown_entry(entry) for entry in of.domains)
    context: dict[str, Any] = {
        "list": of,
        "may_edit": reader.is_superuser,
        "form": form or ListForm(initial={"name": of.name, "domains": typed}),
        "entries": [(shown_entry(entry), entry if "xn--" in entry else "") for entry in of.domains],
        "base": version or of.version,
        "uses": uses_of(reader).get(of.slug, []),
        "refused": refused,
    }
    return render(request, "policy/list.html", context, status=status)


def shown_entry(entry: str) -> str:
    """An entry as people write it: decoded when it is punycode."""
    return "." + readable(entry[1:]) if entry.startswith(".") else readable(entry)


def uses_of(reader: User) -> dict[str, list[Use]]:
    """Where the flows that the reader reviews speak of lists, by the lists' slugs. Two queries."""
    flows = list(UserFlow.objects.reviewed_by(reader).select_related("partner_domains").order_by("name"))
    versions = newest_versions(flows)
    uses: dict[str, list[Use]] = {}
    for flow in flows:
        if flow.partner_domains:
            uses.setdefault(flow.partner_domains.slug, []).append(Use(flow))
        for rule in rules_of(versions[flow.pk].document) if flow.pk in versions else []:
            for slug in _lists_of(rule):
                uses.setdefault(slug, []).append(Use(flow, str(rule.get("name") or rule["id"])))
    return uses


def _lists_of(rule: dict[str, Any]) -> set[str]:
    when = rule.get("when")
    conditions = [each for each in when if isinstance(each, dict)] if isinstance(when, list) else []
    return {each["list"] for each in conditions if isinstance(each.get("list"), str)}
