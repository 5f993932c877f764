"""The WSGI application that the production server loads."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
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
