"""Administration of the accounts app from the command line."""

from __future__ import annotations
