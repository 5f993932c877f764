"""More calls than the process can serve: those that would wait too long get a block page, and it recovers at once."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from approvals.models import SignUpRequest
from connector.gate import AT_ONCE, LONG_SECONDS, Busy, Gate, gate
from tests.connector.conftest import Entra
from tests.connector.test_situations import is_block_page


def pass_through(gate: Gate) -> str:
    """What becomes of a call: `served` or `busy`."""
    try:
        with gate.entered():
            return "served"
    except Busy:
        return "busy"


def test_it_turns_away_who_has_waited_and_who_comes_after_that() -> None:
    gate, open_again = Gate(at_once=1), Event()

    def stay() -> None:
        with gate.entered():
            open_again.wait(30)

    with ThreadPoolExecutor(3) as threads:
        slow = threads.submit(stay)
        waiting = threads.submit(pass_through, gate)
        began = time.monotonic()
        while not gate.is_overloaded():
            assert time.monotonic() < began + 30
        assert time.monotonic() >= began + LONG_SECONDS / 2
        assert pass_through(gate) == "busy"
        assert waiting.result(30) == "busy"
        open_again.set()
        slow.result(30)
    assert [pass_through(gate) for _again in range(3)] == ["served"] * 3


def test_it_serves_those_who_wait_a_little() -> None:
    gate = Gate(at_once=1)
    with ThreadPoolExecutor(8) as threads:
        assert set(threads.map(lambda _number: pass_through(gate), range(200))) == {"served"}


def test_an_endpoint_that_is_overloaded_shows_a_block_page_and_records_nothing(entra: Entra) -> None:
    places = [gate.entered() for _place in range(AT_ONCE)]
    for place in places:
        place.__enter__()
    try:
        assert is_block_page(entra.submit(), "went wrong")
    finally:
        for place in places:
            place.__exit__(None, None, None)
    assert not SignUpRequest.objects.exists()
    assert is_block_page(entra.submit(), SignUpRequest.objects.get().reference)


def test_it_gives_its_place_to_others_while_it_waits_for_somebody_far_away() -> None:
    gate = Gate(at_once=1)
    with ThreadPoolExecutor(1) as others:
        with gate.entered():
            with gate.left():
                assert others.submit(pass_through, gate).result(30) == "served"
            # Back inside, the place is its own again.
            assert others.submit(pass_through, gate).result(30) == "busy"
        assert others.submit(pass_through, gate).result(30) == "served"


def test_it_is_busy_when_nobody_makes_room_for_its_return() -> None:
    gate, arrived, go = Gate(at_once=1), Event(), Event()

    def stay() -> None:
        with gate.entered():
            arrived.set()
            go.wait(30)

    def leave_and_come_back() -> None:
        with gate.entered(), gate.left():
            others.submit(stay)
            arrived.wait(30)

    with ThreadPoolExecutor(1) as others:
        with pytest.raises(Busy):
            leave_and_come_back()
        go.set()
    assert pass_through(gate) == "served"


def test_it_leaves_nothing_who_is_not_inside() -> None:
    gate = Gate(at_once=1)
    with gate.left():
        assert pass_through(gate) == "served"
    assert pass_through(gate) == "served"
