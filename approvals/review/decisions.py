"""The deeds of the review pages. Each loads what the reader may see, calls one verb, and answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from approvals import workflow
from approvals.errors import ApprovalError, Conflict, NotAllowed
from approvals.models import SignUpRequest
from approvals.notifications import preview_denied
from approvals.review.context import forget_decision, remember_decision
from approvals.review.detail import show
from approvals.review.forms import ApprovalForm, DenialForm, SeenForm
from approvals.review.reader import reader_of, visible_request
from approvals.review.related import next_to_decide

BAD_REQUEST = 400


@require_POST
def approve(request: HttpRequest, reference: str) -> HttpResponse:
    """Approve, then show the next request."""
    form = ApprovalForm(request.POST, auto_id="approve_%s")

    def verb(sign_up: SignUpRequest) -> SignUpRequest:
        said = form.cleaned_data
        return workflow.approve(sign_up.pk, actor=reader_of(request), version=said["version"], note=said["note"])

    return _decide(request, reference, form, SignUpRequest.Status.APPROVED, verb)


@require_POST
def deny(request: HttpRequest, reference: str) -> HttpResponse:
    """Deny, then show the next request."""
    form = DenialForm(request.POST, auto_id="deny_%s")

    def verb(sign_up: SignUpRequest) -> SignUpRequest:
        return workflow.deny(sign_up.pk, actor=reader_of(request), **form.cleaned_data)

    return _decide(request, reference, form, SignUpRequest.Status.DENIED, verb)


@require_POST
def deny_preview(request: HttpRequest, reference: str) -> HttpResponse:
    """The mail that a denial with this reason would send: by itself for htmx, else within the page. Sends nothing."""
    sign_up = visible_request(request, reference)
    form = DenialForm(request.POST, auto_id="deny_%s")
    form.is_valid()
    mail = preview_denied(sign_up, form.cleaned_data.get("reason", ""))
    if request.headers.get("HX-Request"):
        return render(request, "review/mail_preview.html", {"preview": mail, "denial": form})
    return show(request, sign_up, form=form, preview=mail)


@require_POST
def undo(request: HttpRequest, reference: str) -> HttpResponse:
    """Take a decision back, and show its request."""
    forget_decision(request)
    return _change(
        request, reference, partial(workflow.undo, version=_seen(request)), _("The decision on %(name)s is undone.")
    )


@require_POST
def reopen(request: HttpRequest, reference: str) -> HttpResponse:
    """Put a decided request back into the queue, and show it."""
    return _change(
        request,
        reference,
        partial(workflow.reopen, version=_seen(request)),
        _("The request of %(name)s is open again."),
    )


@require_POST
def retry(request: HttpRequest, reference: str) -> HttpResponse:
    """Try a failed delivery again, and show how it goes."""
    return _change(request, reference, workflow.retry_delivery, _("Trying again for %(name)s."))


def _decide(
    request: HttpRequest,
    reference: str,
    form: ApprovalForm,
    wanted: SignUpRequest.Status,
    verb: Callable[[SignUpRequest], SignUpRequest],
) -> HttpResponse:
    """Validate, decide, go on. A lost race is 409 with the state that won and the texts that were typed."""
    sign_up = visible_request(request, reference)
    if not form.is_valid():
        return show(request, sign_up, form=form, refused=_("Nothing was saved."), status=BAD_REQUEST)
    try:
        decided = verb(sign_up)
    except NotAllowed as error:
        raise Http404 from error
    except ApprovalError as error:
        now = visible_request(request, reference)
        if isinstance(error, Conflict) and _is_own_repetition(request, now, wanted, form.cleaned_data["version"]):
            return _onwards(request, now)
        return show(request, now, form=form, refused=str(error), status=error.status)
    return _onwards(request, decided)


def _is_own_repetition(request: HttpRequest, now: SignUpRequest, wanted: str, version: int) -> bool:
    """Whether the reader pressed the same button twice: the second press is no conflict."""
    return now.status == wanted and now.version == version + 1 and now.decided_by_id == reader_of(request).pk


def _onwards(request: HttpRequest, decided: SignUpRequest) -> HttpResponse:
    remember_decision(request, decided)
    following = next_to_decide(decided, reader_of(request))
    return redirect("review:request", following.reference) if following else redirect("review:queue")


def _seen(request: HttpRequest) -> int | None:
    """The version of the request that the reader saw; None when the form does not say."""
    form = SeenForm(request.POST)
    return form.cleaned_data["version"] if form.is_valid() else None


def _change(request: HttpRequest, reference: str, verb: Callable[..., object], done: str) -> HttpResponse:
    """Call a verb that needs no form, say what happened, and show the request."""
    sign_up = visible_request(request, reference)
    try:
        verb(sign_up.pk, actor=reader_of(request))
    except NotAllowed as error:
        raise Http404 from error
    except ApprovalError as error:
        now = visible_request(request, reference)
        return show(request, now, refused=str(error), status=error.status)
    messages.success(request, done % {"name": sign_up.display_name})
    return redirect("review:request", reference)
