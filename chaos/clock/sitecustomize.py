"""A machine whose clock jumps: Python reads this module at its start when its folder is on PYTHONPATH.

For the processes of a chaos run only. CHAOS_CLOCK names a file with the seconds by which this process's clock is ahead; a
change of the file is a jump while the process runs. The database server keeps its own, true time.
"""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from pathlib import Path

import time_machine

LOOK_SECONDS = 0.25


def _follow(file: Path) -> None:
    """Jump when the file says so, for as long as the process lives."""
    ahead, traveller, pause = 0.0, None, threading.Event()
    while True:
        wanted = _read(file, ahead)
        if wanted != ahead:
            if traveller is not None:
                traveller.stop()
            traveller = time_machine.travel(timedelta(seconds=wanted), tick=True)
            traveller.start()
            ahead = wanted
        pause.wait(LOOK_SECONDS)


def _read(file: Path, otherwise: float) -> float:
    try:
        return float(file.read_text())
    except (OSError, ValueError):
        return otherwise


if "CHAOS_CLOCK" in os.environ:
    threading.Thread(target=_follow, args=(Path(os.environ["CHAOS_CLOCK"]),), name="clock", daemon=True).start()
