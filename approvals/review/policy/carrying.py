"""A policy as a file: out for everybody who may read it, in for administrators, and looked at before it is in force."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from approvals.errors import ApprovalError
from approvals.models import DomainList
from approvals.policy import transfer
from approvals.policy.errors import PolicyError
from approvals.policy.versions import LONGEST_COMMENT
from approvals.review.policy.access import Shown, base_of, editable, shown
from approvals.review.policy.version_pages import Changes, changes_between
from approvals.review.reader import reader_of

BAD_REQUEST = 400
LARGEST_UPLOAD = transfer.LARGEST_FILE


class FileForm(forms.Form):
    """A file, or its text."""

    file = forms.FileField(label=gettext_lazy("File"), required=False)
    text = forms.CharField(
        label=gettext_lazy("Or its text"),
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "false", "class": "code"}),
    )
    comment = forms.CharField(
        label=gettext_lazy("What you change and why"),
        required=False,
        max_length=LONGEST_COMMENT,
        help_text=gettext_lazy("May stay empty. Kept with the version."),
    )

    def clean(self) -> dict[str, Any]:
        """Let `text` be what the file holds, if there is one."""
        said = super().clean() or self.cleaned_data
        file = said.get("file")
        if file and file.size > LARGEST_UPLOAD:
            self.add_error("file", _("This file is too large."))
        elif file:
            self._read(said, file)
        elif not said.get("text", "").strip() and not self.errors:
            self.add_error("file", _("Please choose a file, or paste its text."))
        return said

    def _read(self, said: dict[str, Any], file: Any) -> None:
        try:
            said["text"] = file.read().decode("utf-8-sig")
        except UnicodeDecodeError:
            self.add_error("file", _("This file is not in UTF-8."))


@dataclass(frozen=True)
class ListChange:
    """A list of domains that a file brings: how many domains come and go. `is_new` when there is none of the slug."""

    slug: str
    name: str
    added: int
    removed: int
    is_new: bool


@require_safe
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """The policy in force with its lists, to be kept or carried elsewhere. Without a policy, the page that says so."""
    of = shown(request, slug)
    try:
        written = transfer.export_policy(of.flow)
    except PolicyError as error:
        return _show(request, of, FileForm(), refused=str(error), status=404)
    response = HttpResponse(written, content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{of.flow.slug}-policy-{of.number}.yaml"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def file_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Where a file comes out, and where one goes in: first looked at, then put in force."""
    if request.method != "POST":
        return _show(request, shown(request, slug), FileForm())
    of = editable(request, slug)
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _show(request, of, form, status=BAD_REQUEST)
    text = form.cleaned_data["text"]
    try:
        found = transfer.from_yaml(text)
    except PolicyError as error:
        return _show(request, of, _typed(form), problems=error, status=BAD_REQUEST)
    if request.POST.get("deed") != "import":
        return _show(request, of, _typed(form), found=found)
    return _import(request, of, form)


def _import(request: HttpRequest, of: Shown, form: FileForm) -> HttpResponse:
    text, comment = form.cleaned_data["text"], form.cleaned_data["comment"]
    try:
        version = transfer.import_policy(
            of.flow, text, actor=reader_of(request), comment=comment, base=base_of(request)
        )
    except PolicyError as error:
        return _show(request, of, _typed(form), problems=error, status=error.status)
    except ApprovalError as error:
        now = shown(request, of.flow.slug)
        found = transfer.from_yaml(text)
        return _show(request, now, _typed(form), refused=str(error), found=found, status=error.status)
    messages.success(request, _("Imported. Version %(number)s is in force.") % {"number": version.number})
    return redirect("review:policy-rules", of.flow.slug)


def _typed(form: FileForm) -> FileForm:
    """The form with the text of the file, which a browser does not send twice."""
    return FileForm(initial={"text": form.cleaned_data["text"], "comment": form.cleaned_data["comment"]})


def _show(
    request: HttpRequest,
    of: Shown,
    form: FileForm,
    *,
    refused: str = "",
    problems: PolicyError | None = None,
    found: transfer.Transfer | None = None,
    status: int = 200,
) -> HttpResponse:
    changes: Changes | None = changes_between(of.document, found.document) if found else None
    context = {
        "shown": of,
        "flow": of.flow,
        "tab": "file",
        "form": form,
        "refused": refused,
        "others": [str(problem) for problem in problems.problems] if problems else [],
        "found": found,
        "changes": changes,
        "lists": _list_changes(found) if found else [],
    }
    return render(request, "policy/file.html", context, status=status)


def _list_changes(found: transfer.Transfer) -> list[ListChange]:
    """What the file would change of the lists. One query."""
    rows = {row.slug: row for row in DomainList.objects.filter(slug__in=list(found.lists))}
    changes = []
    for slug, each in found.lists.items():
        before = set(rows[slug].domains) if slug in rows else set()
        after = set(each.domains)
        changes.append(ListChange(slug, each.name, len(after - before), len(before - after), slug not in rows))
    return [change for change in changes if change.added or change.removed or change.is_new]
