"""How many calls a process works on at once, and what becomes of the others when there are too many.

More threads than write together (`approvals.workflow.together`) only fight for the interpreter: the others wait here, in
the order in which they came. As long as nobody waits long, everybody is served; when somebody has, those who come now
are told so at once.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Semaphore, local
from typing import Self

AT_ONCE = 8
LONG_SECONDS = 0.5
LONGEST_SECONDS = 1.0


class Busy(Exception):
    """There are more calls than this process can serve in time."""


class Gate:
    """Lets `at_once` in. What waits is bounded by the server's threads, and by time."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._places = Semaphore(at_once)
        self._waiting_since: deque[float] = deque()
        self._here = local()

    def entered(self) -> Self:
        """Work inside. Raises Busy, at once when others have waited long, else after LONGEST_SECONDS."""
        return self

    def __enter__(self) -> None:
        if not self._places.acquire(blocking=False):
            self._wait()
        self._here.inside = True

    def __exit__(self, *_raised: object) -> None:
        if self._here.inside:
            self._here.inside = False
            self._places.release()

    @contextmanager
    def left(self) -> Iterator[None]:
        """Wait for somebody far away: meanwhile the place is another call's. Does nothing for who is not inside.

        Raises Busy when there is no place to come back to in time.
        """
        if not getattr(self._here, "inside", False):
            yield
            return
        self.__exit__()
        try:
            yield
        finally:
            if not self._places.acquire(timeout=LONGEST_SECONDS):
                raise Busy
            self._here.inside = True

    def is_overloaded(self) -> bool:
        """Whether somebody has waited long."""
        try:
            return time.monotonic() - self._waiting_since[0] > LONG_SECONDS
        except IndexError:
            return False

    def _wait(self) -> None:
        if self.is_overloaded():
            raise Busy
        now = time.monotonic()
        self._waiting_since.append(now)
        try:
            if not self._places.acquire(timeout=LONGEST_SECONDS):
                raise Busy
        finally:
            self._waiting_since.remove(now)


gate = Gate()
