"""JSON as the API writes it."""

from __future__ import annotations

from rest_framework.renderers import JSONRenderer


class AsciiJSONRenderer(JSONRenderer):
    """JSON in ASCII: a claim may hold a lone surrogate, which no UTF-8 can carry and an escape can."""

    ensure_ascii = True
