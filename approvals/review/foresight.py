"""The part of a request's page that says what approving will do."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseClientRefresh

from approvals import workflow
from approvals.errors import LookedJustNow, NotAllowed, NothingToForesee
from approvals.forecasts import outlook_of
from approvals.models import SignUpRequest
from approvals.review.detail import NOTHING_NEW, show
from approvals.review.reader import reader_of, visible_request


@require_safe
def forecast(request: HttpRequest, reference: str) -> HttpResponse:
    """For an open page that waits for a look: 204 while there is nothing new, then the part with what was found."""
    sign_up = visible_request(request, reference)
    outlook = outlook_of(sign_up)
    if outlook is None:
        # Somebody has decided meanwhile: the whole page has something else to say.
        return HttpResponseClientRefresh()
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
            return HttpResponseClientRefresh()
        return show(request, sign_up, refused=str(error), status=error.status)
    if request.headers.get("HX-Request"):
        return _part(request, visible_request(request, reference), too_soon)
    if too_soon:
        messages.info(request, too_soon)
    return redirect(f"{reverse('review:request', args=[sign_up.reference])}#forecast")


def _part(request: HttpRequest, sign_up: SignUpRequest, too_soon: str = "") -> HttpResponse:
    context = {"sign_up": sign_up, "outlook": outlook_of(sign_up), "too_soon": too_soon}
    return render(request, "review/forecast.html", context)
