"""The last line: whatever happens around the endpoints, Entra gets an answer that it understands."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponseBase

from connector import metrics
from connector.responses import ConnectorAnswer
from connector.views import try_again_later

log = structlog.get_logger(__name__)

PREFIXES = ("/api/connectors/", "/api/approvals/")
LONGEST_PATH = 200


def shield(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Turn every foreign answer on the connector's addresses into a block page.

    An error page of the framework, a redirect, a refused host name: to Entra each is a broken connector, and the
    applicant would see a failure without a word of help.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(PREFIXES):
            return get_response(request)
        # Without the query string; a mistyped address is found by it.
        path = request.path_info[:LONGEST_PATH]
        try:
            response = get_response(request)
        except Exception:
            log.exception("connector_failed_outside", path=path)
            return try_again_later("en")
        if isinstance(response, ConnectorAnswer):
            return response
        log.error("connector_answer_replaced", path=path, status=response.status_code, why=response.reason_phrase)
        metrics.answers.labels(step="none", answer="Replaced").inc()
        return try_again_later("en")

    return middleware
