"""Reading the body of a connector call: bounded, JSON and nothing else."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn

from django.conf import settings

from connector.claims import Unusable

DEEPEST = 32

# What a WSGI server hands over of a call (PEP 3333).
Environ = dict[str, Any]


def read_json(environ: Environ) -> Any:
    """The JSON value in the body. Raises Unusable with the code too_large, content_type, not_json or too_deep."""
    if content_type(environ) != "application/json":
        raise Unusable("content_type")
    body = _read(environ)
    try:
        value = _DECODER.decode(body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise Unusable("not_json") from error
    if _is_deep(value):
        raise Unusable("too_deep")
    return value


def _is_deep(value: Any) -> bool:
    """Whether it is nested beyond DEEPEST. Entra's claims have three levels; what is deeper only tires whoever shows it."""
    level = [value]
    for _depth in range(DEEPEST):
        level = [item for each in level for item in _items(each)]
        if not level:
            return False
    return True


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _read(environ: Environ) -> bytes:
    """What the caller declared, at most CONNECTOR_MAX_BODY_BYTES; what is longer is not read."""
    declared = body_bytes(environ)
    if declared > settings.CONNECTOR_MAX_BODY_BYTES:
        raise Unusable("too_large")
    body: bytes = environ["wsgi.input"].read(declared)
    return body


def body_bytes(environ: Environ) -> int:
    """The size that the caller declared."""
    try:
        return max(int(environ.get("CONTENT_LENGTH") or 0), 0)
    except ValueError:
        return 0


def content_type(environ: Environ) -> str:
    """The media type that the caller declared, without its parameters."""
    declared: str = environ.get("CONTENT_TYPE") or ""
    return declared.partition(";")[0].strip().lower()


def _refuse(constant: str) -> NoReturn:
    """NaN and Infinity are Python's, not JSON's (RFC 8259)."""
    raise ValueError(constant)


def _finite(text: str) -> float:
    """A number that stays JSON when it is written again: 1e400 would come out as Infinity."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite)
