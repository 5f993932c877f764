"""What a signed-in person has set, in force while their request is answered."""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.utils import timezone


def reader_settings(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Show times in the reader's own zone; without one, or with one that does not exist, in settings.TIME_ZONE."""

    def middleware(request: HttpRequest) -> HttpResponse:
        # A request that no session came with asks the database for nothing here.
        zone = _zone(request) if request.COOKIES else None
        with timezone.override(zone or timezone.get_default_timezone()):
            return get_response(request)

    return middleware


def _zone(request: HttpRequest) -> ZoneInfo | None:
    name = getattr(request.user, "time_zone", "")
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None
