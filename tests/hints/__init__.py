"""Hints for the reviewer."""

from __future__ import annotations
