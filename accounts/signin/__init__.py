"""Who may sign in, and how: people with a local account, and staff systems with a token."""

from __future__ import annotations
