"""`python -m bench [connector]`: what Foyer does in a second, beside the limits of the same machine."""

from __future__ import annotations

import sys

from bench import connector

PARTS = {"connector": connector.main}


def main() -> int:
    """Run the parts that the command line names, or all."""
    names = sys.argv[1:] or list(PARTS)
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.stderr.write(f"bench: no part {unknown[0]}; there are: {', '.join(PARTS)}\n")
        return 1
    for name in names:
        PARTS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main())
