"""The staff API: what the review pages can do, for programs. Same verbs, same rules, same audit trail."""

from __future__ import annotations
