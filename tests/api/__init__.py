"""The staff API, over HTTP."""

from __future__ import annotations
