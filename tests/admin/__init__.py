"""The administration pages."""

from __future__ import annotations
