"""The connector's own way through the house, below the framework's; and the last line: Entra gets an answer that it understands."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import resolve

from connector import metrics
from connector.call import Environ
from connector.responses import ConnectorAnswer
from connector.views import try_again_later

log = structlog.get_logger(__name__)

LONGEST_PATH = 200
MOUNT = "/api"
PREFIXES = (f"{MOUNT}/connectors/", f"{MOUNT}/approvals/")
ADDRESSES_KEPT = 256


def is_for_connector(path: str) -> bool:
    """Whether a path is one of the connector's, or mistyped beside them."""
    return path.startswith(PREFIXES)


def answer(environ: Environ) -> ConnectorAnswer:
    """What Entra is told, whatever happens: the whole of the connector, from a WSGI environment (PEP 3333).

    An error page of the framework, a redirect, a refused host name: to Entra each is a broken connector, and the
    applicant would see a failure without a word of help. Each becomes a block page.
    """
    # Without the query string; a mistyped address is found by it.
    path = environ["PATH_INFO"]
    try:
        _refuse_other_hosts(environ)
        view, given = _endpoint(path)
        told: ConnectorAnswer = view(environ, **given)
    except Exception as error:
        # An address beside the endpoints, a refused host name.
        if not isinstance(error, Http404 | SuspiciousOperation):
            log.exception("connector_failed_outside", path=path[:LONGEST_PATH])
        return _replaced(path[:LONGEST_PATH], _refusal(error))
    return told


def shield(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer on the connector's addresses where a call came through Django's handler: what `answer` says, and no more.

    The production server does not come this way: see `config.wsgi`.
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if not is_for_connector(request.path_info):
            return get_response(request)
        told = answer({**request.META, "PATH_INFO": request.path_info})
        return HttpResponse(told.body, status=told.status, headers=dict(told.all_headers()))

    return middleware


@lru_cache(ADDRESSES_KEPT)
def _endpoint(path: str) -> tuple[Callable[..., ConnectorAnswer], dict[str, Any]]:
    """The endpoint at an address. Raises Http404."""
    found = resolve(path.removeprefix(MOUNT), "connector.urls")
    return found.func, found.kwargs


def _refuse_other_hosts(environ: Environ) -> None:
    """The conditions of every page: a host of ours, and HTTPS where it is required. Raises SuspiciousOperation."""
    host = environ.get("HTTP_HOST") or environ["SERVER_NAME"]
    _refuse_other_host(host, tuple(settings.ALLOWED_HOSTS))
    if settings.SECURE_SSL_REDIRECT and not _is_secure(environ):
        raise SuspiciousOperation("plain HTTP")


@lru_cache(ADDRESSES_KEPT)
def _refuse_other_host(host: str, _allowed: tuple[str, ...]) -> None:
    request = HttpRequest()
    request.META = {"HTTP_HOST": host}
    request.get_host()


def _is_secure(environ: Environ) -> bool:
    said_by_proxy: tuple[str, str] | None = settings.SECURE_PROXY_SSL_HEADER
    if said_by_proxy and said_by_proxy[0] in environ:
        header, https = said_by_proxy
        return bool(environ[header].split(",", 1)[0].strip() == https)
    return bool(environ["wsgi.url_scheme"] == "https")


def _refusal(error: Exception) -> HTTPStatus:
    """What the framework would have answered."""
    return HTTPStatus(404 if isinstance(error, Http404) else 400 if isinstance(error, SuspiciousOperation) else 500)


def _replaced(path: str, status: HTTPStatus) -> ConnectorAnswer:
    log.error("connector_answer_replaced", path=path, status=status.value, why=status.phrase)
    metrics.answers.labels(step="none", answer="Replaced").inc()
    return try_again_later("en")
