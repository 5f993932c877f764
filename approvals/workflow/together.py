"""Several callers' writing as one: who comes while somebody writes waits, and then one of them writes for all who wait.

A commit costs the same for one row and for twenty (“group commit”). Nobody waits for company: a caller who finds nobody
writing writes at once, alone. There is no thread of its own and nothing is kept: an answer is given after the commit, or
never.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

MOST = 100
# How often one caller writes, its own item first, before another has to: its answer waits for that long.
ROUNDS = 4


class TooLong(Exception):
    """The others did not get through in time. What was given may have been written all the same."""


class _Place(Generic[Item, Outcome]):
    """One caller's place in the queue: woken with an outcome, or to write for these."""

    __slots__ = ("_woken", "batch", "item", "outcome")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.outcome: Outcome | BaseException | None = None
        self.batch: list[_Place[Item, Outcome]] = []
        self._woken = Lock()
        self._woken.acquire()

    def wait(self, seconds: float) -> bool:
        """Whether it was woken within so many seconds."""
        return self._woken.acquire(timeout=seconds)

    def wake(self) -> None:
        """Let the one who waits go on."""
        self._woken.release()


class Together(Generic[Item, Outcome]):
    """Collects what many threads give to be written by `write`, which takes a list and says of each what became of it.

    An exception among the outcomes is raised to the one whose it is; one that `write` raises, to all who were in the list.
    """

    def __init__(self, write: Callable[[list[Item]], list[Outcome | BaseException]]) -> None:
        self._write = write
        self._lock = Lock()
        self._waiting: list[_Place[Item, Outcome]] = []
        self._is_writing = False

    def give(self, item: Item, *, wait: float) -> Outcome:
        """What became of the item, after it was written. Raises TooLong after waiting so many seconds for others."""
        place: _Place[Item, Outcome] = _Place(item)
        with self._lock:
            alone = not self._is_writing
            self._is_writing = True
            if not alone:
                self._waiting.append(place)
        if alone:
            place.batch = [place]
        elif not place.wait(wait) and self._leave(place):
            raise TooLong
        if place.batch:
            self._write_for(place.batch)
        if isinstance(place.outcome, BaseException):
            raise place.outcome
        return place.outcome  # type: ignore[return-value]

    def _leave(self, place: _Place[Item, Outcome]) -> bool:
        """Give the place up; False when it was just called upon to write for others."""
        with self._lock:
            if place in self._waiting:
                self._waiting.remove(place)
            return not place.batch and place.outcome is None

    def _write_for(self, batch: list[_Place[Item, Outcome]]) -> None:
        """Write what these have given and wake them; a few times over, and then hand the pen on, whatever happened.

        Who has the pen has the interpreter, too, and so the next writing begins before those who were woken go on.
        """
        me, rounds = batch[0], ROUNDS
        while batch:
            for place, outcome in zip(batch, self._outcomes(batch), strict=True):
                place.outcome = outcome
            rounds -= 1
            following = self._take(hand_on=rounds == 0)
            for place in batch:
                if place is not me:
                    place.wake()
            batch = following

    def _outcomes(self, batch: list[_Place[Item, Outcome]]) -> list[Outcome | BaseException]:
        try:
            return self._write([place.item for place in batch])
        except BaseException as error:  # noqa: BLE001 - it is raised to each of them
            return [error] * len(batch)

    def _take(self, *, hand_on: bool) -> list[_Place[Item, Outcome]]:
        """Those whose turn it is now; none when nobody waits, or when one of them was called upon to write for them."""
        with self._lock:
            following, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            self._is_writing = bool(following)
            if following and hand_on:
                following[0].batch = following
        if following and hand_on:
            following[0].wake()
            return []
        return following
