"""A machine whose clock jumps: Python reads this module at its start when its folder is on PYTHONPATH.

For the processes of a chaos run only. CHAOS_CLOCK names a file that holds, as eight bytes, the nanoseconds by which the
clock of all of them is ahead. They share it in memory, so that they jump at the same instant, as on one machine. The
database server keeps its own, true time.
"""

from __future__ import annotations

import mmap
import os
import struct
from pathlib import Path

import time_machine

NANOSECONDS = struct.Struct("<q")


def travel(file: Path) -> None:
    """Let this process read the clock from now on with what the file says added to it."""
    with file.open("rb") as opened:
        ahead = mmap.mmap(opened.fileno(), NANOSECONDS.size, prot=mmap.PROT_READ)

    def now() -> int:
        shift: int = NANOSECONDS.unpack_from(ahead)[0]
        return time_machine.escape_hatch.time.time_ns() + shift

    # The instance's own clock takes the place of one that stays as far ahead as it was at the start.
    time_machine.travel(0.0, tick=True).start().time_ns = now  # type: ignore[method-assign]


if "CHAOS_CLOCK" in os.environ:
    travel(Path(os.environ["CHAOS_CLOCK"]))
