"""`python -m bench [connector] [queue] [memory] [policy]`: what Foyer does, beside the limits of the same machine.

Without a name the connector alone: the others take minutes and a database of their own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

from bench import connector, memory, policy, queue

PARTS: dict[str, Callable[[], int | None]] = {
    "connector": connector.main,
    "queue": queue.main,
    "memory": memory.main,
    "policy": policy.main,
}


def main() -> int:
    """Run the parts that the command line names; 1 when one of them found too much."""
    names = sys.argv[1:] or ["connector"]
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.stderr.write(f"bench: no part {unknown[0]}; there are: {', '.join(PARTS)}\n")
        return 1
    return max([PARTS[name]() or 0 for name in names])


if __name__ == "__main__":
    sys.exit(main())
