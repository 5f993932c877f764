"""The administration pages of the domain. What has happened is looked at here, and never edited."""

from __future__ import annotations

from approvals.admin import flows, outbox, records

__all__ = ["flows", "outbox", "records"]
