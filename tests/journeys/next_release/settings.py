"""The settings of the next release."""

from __future__ import annotations

from config.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.journeys.next_release"]  # noqa: F405
