"""Which of the shipped languages an applicant reads."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings


def choose_language(locales: Iterable[str], fallback: str) -> str:
    """The first of the applicant's locales whose language ships, as `es` for `es-MX`; else the fallback."""
    return _choose(tuple(locales), fallback)


@lru_cache(maxsize=1000)
def _choose(locales: tuple[str, ...], fallback: str) -> str:
    shipped = dict(settings.LANGUAGES)
    for locale in locales:
        primary = locale.replace("_", "-").partition("-")[0].lower()
        if primary in shipped:
            return primary
    return fallback if fallback in shipped else "en"
