#!/usr/bin/env python
"""Run one of Foyer's administrative commands."""

from __future__ import annotations

import os
import sys

from environs import EnvError


def main() -> None:
    """Run the command on the command line; a missing or wrong setting is one line and exit code 1."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except EnvError as error:
        sys.exit(f"foyer: {error}")


if __name__ == "__main__":
    main()
