"""The page of one request, and the part of it that moves while the guest is made."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from approvals.applicant import provider_name
from approvals.forecasts import outlook_of
from approvals.hints.reading import hints_for
from approvals.mail.letter import Mail
from approvals.models import AuditEvent, SignUpRequest
from approvals.review.answers import answers_of, claims_of, earlier_answers_of
from approvals.review.evaluations import evaluations_of, verifications_of
from approvals.review.forms import ApprovalForm, DenialForm
from approvals.review.progress import delivery_of, is_moving, steps_of
from approvals.review.reader import reader_of, visible_request
from approvals.review.related import next_to_decide, same_domain, same_person
from approvals.review.timeline import Entry, entries_of
from approvals.review.watching import end_of_watching, is_over, seconds_between, state_of
from approvals.workflow.decision import can_be_reopened

Status = SignUpRequest.Status
STOP_POLLING = 286
NOTHING_NEW = 204


@require_safe
def request_page(request: HttpRequest, reference: str) -> HttpResponse:
    """One request: what was submitted, what happened, and what can be done."""
    return show(request, visible_request(request, reference))


def show(
    request: HttpRequest,
    sign_up: SignUpRequest,
    *,
    form: ApprovalForm | None = None,
    refused: str = "",
    preview: Mail | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a request in its present state: with why something was not done, and with what was typed in `form`."""
    reader, claims = reader_of(request), claims_of(sign_up)
    context = {
        **_panel(request, sign_up),
        **_forms(form),
        "refused": refused,
        "preview": preview,
        "provider": provider_name(sign_up.applicant.identity),
        "hints": hints_for(reader, sign_up),
        "answers": answers_of(sign_up),
        "claims": claims,
        "left_out": sum(not claim.is_carried_over for claim in claims),
        "earlier_answers": earlier_answers_of(sign_up),
        "evaluations": evaluations_of(sign_up),
        "verifications": verifications_of(sign_up),
        "same_person": same_person(sign_up, reader),
        "same_domain": same_domain(sign_up, reader),
        "next": next_to_decide(sign_up, reader),
        "entries": _entries(sign_up),
    }
    return render(request, "review/request.html", context, status=status)


def _forms(form: ApprovalForm | None) -> dict[str, Any]:
    """Both forms of a pending request; the one that came in keeps its texts."""
    denies = isinstance(form, DenialForm)
    return {
        "typed": form,
        "approval": form if form and not denies else ApprovalForm(auto_id="approve_%s"),
        "denial": form if denies else DenialForm(auto_id="deny_%s"),
        "is_denying": denies,
    }


@require_safe
def progress(request: HttpRequest, reference: str) -> HttpResponse:
    """For an open page that asks: 204 while nothing moved, what has changed when something did, 286 with the end."""
    sign_up = visible_request(request, reference)
    context = _panel(request, sign_up)
    if context["watch"] and request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=NOTHING_NEW)
    if context["watch"] and context["is_moving"]:
        return render(request, "review/delivery.html", context)
    context["entries"] = _entries(sign_up)
    status = HTTPStatus.OK if context["watch"] else STOP_POLLING
    response = render(request, "review/progress.html", context, status=status)
    response["HX-Retarget"], response["HX-Reswap"] = "#panel", "innerHTML"
    return response


def _panel(request: HttpRequest, sign_up: SignUpRequest) -> dict[str, Any]:
    """What the actions beside a request need to know."""
    delivery = delivery_of(sign_up)
    decided = sign_up.status in (Status.APPROVED, Status.DENIED)
    failed = delivery is not None and delivery.state == delivery.State.FAILED
    can_undo = decided and not sign_up.is_in_effect(timezone.now())
    until = end_of_watching(request)
    return {
        "sign_up": sign_up,
        "delivery": delivery,
        "outlook": outlook_of(sign_up),
        "steps": steps_of(delivery) if delivery else [],
        "is_moving": delivery is not None and is_moving(delivery),
        "watch": 0 if is_over(until) else seconds_between(sign_up),
        "until": until,
        "seen": state_of(sign_up),
        "can_undo": can_undo,
        "can_retry": failed,
        "can_reopen": not can_undo and can_be_reopened(sign_up),
    }


def _entries(sign_up: SignUpRequest) -> list[Entry]:
    events = AuditEvent.objects.filter(request=sign_up).order_by("at", "id")
    return entries_of(events)
