"""Administration of the connector app from the command line."""

from __future__ import annotations
