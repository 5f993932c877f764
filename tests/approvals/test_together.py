"""Writing together: nobody waits without need, nobody is answered before it is written, and each gets his own outcome."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event, Lock
from typing import Any

import pytest

from approvals.workflow.together import MOST, Together, TooLong
from tests.ops.running import wait_until

SECONDS = 30


class Notebook:
    """Writes down what it is given; stops before the first when it is told to."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.written: set[int] = set()
        self.began, self.may_go_on = Event(), Event()
        self.may_go_on.set()

    def write(self, items: list[int]) -> list[int | BaseException]:
        self.batches.append(items)
        self.began.set()
        assert self.may_go_on.wait(SECONDS)
        if 0 in items:
            raise OSError("nothing could be written")
        self.written.update(items)
        return [ValueError(item) if item < 0 else item * 2 for item in items]


@contextmanager
def held(book: Notebook, together: Together[int, int], threads: int) -> Iterator[Callable[[int], Future[int]]]:
    """Somebody writes 1 for as long as the block lasts; gives what has another thread come with an item."""
    book.may_go_on.clear()
    with ThreadPoolExecutor(threads + 1) as pool:
        first = pool.submit(together.give, 1, wait=SECONDS)
        assert book.began.wait(SECONDS)
        try:
            yield lambda item: pool.submit(together.give, item, wait=SECONDS)
        finally:
            book.may_go_on.set()
        assert first.result(SECONDS) == 2


def waiting(together: Together[Any, Any]) -> int:
    return len(together._waiting)


def test_who_comes_alone_writes_at_once() -> None:
    book = Notebook()
    together = Together(book.write)
    assert [together.give(item, wait=0) for item in (1, 2, 3)] == [2, 4, 6]
    assert book.batches == [[1], [2], [3]]


def test_who_comes_while_one_writes_is_written_with_the_others() -> None:
    book = Notebook()
    together = Together(book.write)
    with held(book, together, 5) as come:
        others = [come(item) for item in range(2, 7)]
        wait_until(lambda: waiting(together) == 5)
        assert not any(other.done() for other in others)
    assert [other.result(SECONDS) for other in others] == [4, 6, 8, 10, 12]
    assert book.batches[0] == [1]
    assert sorted(book.batches[1]) == [2, 3, 4, 5, 6]
    assert len(book.batches) == 2


def test_each_gets_the_outcome_that_is_his() -> None:
    book = Notebook()
    together = Together(book.write)
    with held(book, together, 3) as come:
        good, bad, other = come(5), come(-7), come(6)
        wait_until(lambda: waiting(together) == 3)
    assert (good.result(SECONDS), other.result(SECONDS)) == (10, 12)
    with pytest.raises(ValueError, match="-7"):
        bad.result(SECONDS)


def test_a_writing_that_fails_fails_for_all_in_it_and_for_nobody_else() -> None:
    book = Notebook()
    together = Together(book.write)
    with held(book, together, 2) as come:
        lost = [come(0), come(8)]
        wait_until(lambda: waiting(together) == 2)
    for each in lost:
        with pytest.raises(OSError, match="nothing could be written"):
            each.result(SECONDS)
    assert together.give(9, wait=0) == 18


def test_who_has_waited_too_long_leaves_and_is_not_written() -> None:
    book = Notebook()
    together = Together(book.write)
    with held(book, together, 2) as come:
        with pytest.raises(TooLong):
            together.give(4, wait=0.01)
        patient = come(5)
        wait_until(lambda: waiting(together) == 1)
    assert patient.result(SECONDS) == 10
    assert book.written == {1, 5}


def test_a_batch_has_a_limit() -> None:
    book = Notebook()
    together = Together(book.write)
    with held(book, together, MOST + 5) as come:
        others = [come(item) for item in range(2, MOST + 7)]
        wait_until(lambda: waiting(together) == MOST + 5)
    assert sorted(other.result(SECONDS) for other in others) == [2 * item for item in range(2, MOST + 7)]
    assert [len(batch) for batch in book.batches] == [1, MOST, 5]


def test_nobody_is_answered_before_it_is_written() -> None:
    written: set[int] = set()
    lock, at_once = Lock(), [0, 0]

    def write(items: list[int]) -> list[int | BaseException]:
        with lock:
            at_once[0] += 1
            at_once[1] = max(at_once)
        written.update(items)
        with lock:
            at_once[0] -= 1
        return [*items]

    together = Together(write)

    def come(item: int) -> bool:
        return together.give(item, wait=SECONDS) == item and item in written

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(come, range(1, 3000)))
    assert at_once[1] == 1
