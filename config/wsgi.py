"""The WSGI application that the production server loads."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_django = get_wsgi_application()

# What they import reads the settings and the models.
from config.middleware import HEADER, Named  # noqa: E402
from connector import shield  # noqa: E402

StartResponse = Callable[..., Any]


def application(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """The connector's answer, or Django's.

    Entra's calls do not pass Django's handler: sessions, sign-in, forms and the browser's policies, which the pages
    need, have nothing to say to them and cost each call time.
    """
    if shield.is_for_connector(environ["PATH_INFO"]):
        return _connector(environ, start_response)
    return _pages(environ, start_response)


def _connector(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    with Named(environ) as name:
        answer = shield.answer(environ)
    start_response(answer.status_line, [*answer.all_headers(), (HEADER, name)])
    return [answer.body]


def _pages(environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
    """Django's answer; unless it is a stream or a file, in one piece, which the server sends without asking for more."""
    response: Any = _django(environ, start_response)
    if response.streaming:
        stream: Iterable[bytes] = response
        return stream
    try:
        return [response.content]
    finally:
        response.close()


# What is loaded by now stays: the collector need not look through it again at each of its full rounds.
gc.collect()
gc.freeze()
