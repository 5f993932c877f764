"""The last line: whatever happens around the endpoints, Entra gets an answer that it understands."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import resolve

from connector import metrics
from connector.responses import ConnectorAnswer
from connector.views import try_again_later

log = structlog.get_logger(__name__)

LONGEST_PATH = 200
MOUNT = "/api"
PREFIXES = (f"{MOUNT}/connectors/", f"{MOUNT}/approvals/")


def shield(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer on the connector's addresses by a way of their own, and turn every foreign answer into a block page.

    The way is short: sessions, sign-in, forms and the browser's policies, which the pages need, have nothing to
    say here and cost each call time. An error page of the framework, a redirect, a refused host name: to Entra each
    is a broken connector, and the applicant would see a failure without a word of help.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIXES):
            return get_response(request)
        # Without the query string; a mistyped address is found by it.
        path = request.path_info[:LONGEST_PATH]
        try:
            response = _endpoint(request)
        except Exception as error:
            # An address beside the endpoints, a refused host name.
            if not isinstance(error, Http404 | SuspiciousOperation):
                log.exception("connector_failed_outside", path=path)
            return _replaced(path, *_refusal(error))
        return (
            response
            if isinstance(response, ConnectorAnswer)
            else _replaced(path, response.status_code, response.reason_phrase)
        )

    return middleware


def _endpoint(request: HttpRequest) -> HttpResponseBase:
    """The endpoint's answer, under the same conditions as every page: a host of ours, and HTTPS where it is required."""
    request.get_host()
    if settings.SECURE_SSL_REDIRECT and not request.is_secure():
        raise SuspiciousOperation("plain HTTP")
    found = resolve(request.path_info.removeprefix(MOUNT), "connector.urls")
    request.resolver_match = found
    answer: HttpResponseBase = found.func(request, *found.args, **found.kwargs)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def _refusal(error: Exception) -> tuple[int, str]:
    """What the framework would have answered."""
    status = 404 if isinstance(error, Http404) else 400 if isinstance(error, SuspiciousOperation) else 500
    return status, HTTPStatus(status).phrase


def _replaced(path: str, status: int, why: str) -> ConnectorAnswer:
    log.error("connector_answer_replaced", path=path, status=status, why=why)
    metrics.answers.labels(step="none", answer="Replaced").inc()
    return try_again_later("en")
