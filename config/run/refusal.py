"""Why a run cannot start."""

from __future__ import annotations


class Refusal(Exception):
    """The run cannot start or go on; the message is one line for the person at the terminal."""
