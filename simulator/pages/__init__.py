"""The pages a person clicks."""

from __future__ import annotations
