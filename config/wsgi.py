"""The WSGI application that the production server loads."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable
from itertools import count
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_django = get_wsgi_application()

# What they import reads the settings and the models.
from config.middleware import HEADER, Named  # noqa: E402
from connector import shield  # noqa: E402

StartResponse = Callable[..., Any]
CALLS_PER_CONNECTION = 100
_calls = count(1)


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
    start_response(answer.status_line, [*answer.all_headers(), (HEADER, name), *_parting()])
    return [answer.body]


def _parting() -> list[tuple[str, str]]:
    """Once in CALLS_PER_CONNECTION calls, an end of the connection (RFC 9112, 9.6).

    A caller that keeps its connections would else stay with the process that happened to accept them, while another
    stands idle. The next connection goes to whichever process is free.
    """
    return [("Connection", "close")] if next(_calls) % CALLS_PER_CONNECTION == 0 else []


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
