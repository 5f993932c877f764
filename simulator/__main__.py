"""`python -m simulator`: run the pretend tenant until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys

from simulator.process import PortTaken, run
from simulator.settings import VARIABLES, read_settings


def main() -> int:
    """Run; 0 after a clean stop, 1 with one line on standard error when it cannot start."""
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description="A pretend Entra tenant. It is configured through the environment:",
        epilog="\n".join(f"  {each.name:<35}{each.meaning} [{each.default}]" for each in VARIABLES),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args()
    try:
        asyncio.run(run(read_settings(os.environ)))
    except (PortTaken, ValueError) as problem:
        print(f"simulator: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
