"""A name for each request, so that its log lines can be read together."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

type_of_view = Callable[[HttpRequest], HttpResponse]
_USABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id(get_response: type_of_view) -> type_of_view:
    """Bind an id to the log lines of a request and send it back as X-Request-ID.

    An id that a proxy sent is kept when it is harmless; anything else is replaced.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        sent = request.META.get("HTTP_X_REQUEST_ID", "")
        name = sent if _USABLE.fullmatch(sent) else uuid4().hex
        bound = structlog.contextvars.bind_contextvars(request_id=name)
        try:
            response = get_response(request)
        finally:
            structlog.contextvars.reset_contextvars(**bound)
        response["X-Request-ID"] = name
        return response

    return middleware
