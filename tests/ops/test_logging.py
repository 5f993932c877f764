"""Log lines: ours and the libraries' in one form, and none of them in the way of a call."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

import pytest
import structlog

from config.logging import OwnLogger

log = structlog.get_logger("approvals.somewhere")


def test_it_writes_our_lines_as_it_writes_the_libraries(log_lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="abc"):
        log.warning("something_happened", count=3)
        logging.getLogger("library").warning("something else")
    ours, theirs = (json.loads(line) for line in log_lines.getvalue().splitlines())
    assert ours.pop("timestamp") <= theirs.pop("timestamp")
    shared = {"request_id": "abc", "level": "warning"}
    assert ours == {"event": "something_happened", "count": 3, "logger": "approvals.somewhere", **shared}
    assert theirs == {"event": "something else", "logger": "library", **shared}


def test_it_tells_of_an_exception_its_type_and_places_only(log_lines: io.StringIO) -> None:
    try:
        int("john@fabrikam.example")
    except ValueError:
        log.exception("something_failed")
        logging.getLogger("library").exception("something failed")
    for line in map(json.loads, log_lines.getvalue().splitlines()):
        assert (line["error"], line["level"]) == ("builtins.ValueError", "error")
        assert line["where"][0].startswith("test_logging.py:")
    assert "fabrikam" not in log_lines.getvalue()


def test_it_leaves_out_what_is_below_the_level(log_lines: io.StringIO) -> None:
    log.debug("too_small")
    assert not log_lines.getvalue()


def test_it_is_as_quiet_as_the_standard_library_is_told_to_be(log_lines: io.StringIO) -> None:
    logging.disable(logging.WARNING)
    try:
        log.warning("too_quiet")
        log.error("loud_enough")
    finally:
        logging.disable(logging.NOTSET)
    assert "loud_enough" in log_lines.getvalue()
    assert "too_quiet" not in log_lines.getvalue()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no full device")
def test_a_full_disk_under_the_log_costs_no_call() -> None:
    full = Path("/dev/full").open("w", buffering=1)  # noqa: SIM115 - closed below, where it fails once more
    OwnLogger(logging.StreamHandler(full), "approvals.somewhere").warning("lost")
    with pytest.raises(OSError, match="No space left"):
        full.close()
