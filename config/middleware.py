"""A name for each request, so that its log lines can be read together."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import structlog
from django.http import HttpRequest, HttpResponse

type_of_view = Callable[[HttpRequest], HttpResponse]
HEADER = "X-Request-ID"
_USABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")


class Named:
    """Binds an id to the log lines that are written inside, and gives it.

    An id that a proxy sent is kept when it is harmless; anything else is replaced.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        sent = environ.get("HTTP_X_REQUEST_ID") or ""
        self._name = sent if _USABLE.fullmatch(sent) else uuid4().hex

    def __enter__(self) -> str:
        self._bound = structlog.contextvars.bind_contextvars(request_id=self._name)
        return self._name

    def __exit__(self, *_raised: object) -> None:
        structlog.contextvars.reset_contextvars(**self._bound)


def request_id(get_response: type_of_view) -> type_of_view:
    """Name each request, and send the name back."""

    def middleware(request: HttpRequest) -> HttpResponse:
        with Named(request.META) as name:
            response = get_response(request)
        response[HEADER] = name
        return response

    return middleware
