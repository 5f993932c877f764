"""What the tests of running Foyer share: servers that are away."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from celery import current_app


@pytest.fixture
def celery_broker(settings: Any) -> Iterator[Callable[[str], None]]:
    """Points Celery at another broker until the test ends."""
    before = current_app.conf.broker_url

    def use(url: str) -> None:
        settings.CELERY_BROKER_TRANSPORT_OPTIONS = {}
        current_app.conf.update(broker_url=url, broker_write_url=url)

    yield use
    current_app.conf.update(broker_url=before, broker_write_url=before)
