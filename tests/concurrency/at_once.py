"""Doing the same thing many times at the same moment, each time on a database connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

Result = TypeVar("Result")


def at_once(times: int, deed: Callable[[int], Result]) -> list[Result | Exception]:
    """What `deed(0)` … `deed(times - 1)` returned or raised, all started together."""
    start = Barrier(times)

    def run(number: int) -> Result | Exception:
        try:
            connection.ensure_connection()
            start.wait(timeout=30)
            return deed(number)
        except Exception as error:  # noqa: BLE001 - the caller looks at each
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(run, range(times)))
