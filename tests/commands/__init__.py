"""The commands: what each prints and does, and every refusal in one line."""

from __future__ import annotations
