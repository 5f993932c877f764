"""The part of a request's page that says what approving will do."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from approvals import workflow
from approvals.errors import LookedJustNow, NotAllowed, NothingToForesee
from approvals.forecasts import outlook_of
from approvals.models import SignUpRequest
from approvals.review.detail import NOTHING_NEW, STOP_POLLING, show
from approvals.review.reader import reader_of, visible_request


@require_safe
def forecast(request: HttpRequest, reference: str) -> HttpResponse:
    """For an open page that waits for a look: 204 while there is nothing new, then what was found; 286 and nothing once it is decided."""
    sign_up = visible_request(request, reference)
    outlook = outlook_of(sign_up)
    if outlook is None:
        return _nothing_to_foresee()
    return HttpResponse(status=NOTHING_NEW) if outlook.is_looking else _part(request, sign_up)


@require_POST
def look(request: HttpRequest, reference: str) -> HttpResponse:
    """Have a worker look into the tenant again: by itself for htmx, else back to the page."""
    sign_up, too_soon = visible_request(request, reference), ""
    try:
        workflow.look_again(sign_up.pk, actor=reader_of(request))
    except NotAllowed as error:
        raise Http404 from error
    except LookedJustNow as error:
        too_soon = str(error)
    except NothingToForesee as error:
        if request.headers.get("HX-Request"):
            return _nothing_to_foresee()
        return show(request, sign_up, refused=str(error), status=error.status)
    if request.headers.get("HX-Request"):
        return _part(request, visible_request(request, reference), too_soon)
    if too_soon:
        messages.info(request, too_soon)
    return redirect(f"{reverse('review:request', args=[sign_up.reference])}#forecast")


def _nothing_to_foresee() -> HttpResponse:
    """Somebody has decided meanwhile: the part goes. The rest of the page stays, for the reader may have typed something."""
    return HttpResponse(status=STOP_POLLING)


def _part(request: HttpRequest, sign_up: SignUpRequest, too_soon: str = "") -> HttpResponse:
    context = {"sign_up": sign_up, "outlook": outlook_of(sign_up), "too_soon": too_soon}
    return render(request, "review/forecast.html", context)
