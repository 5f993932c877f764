"""What was said over the wire, for people and tests to read; the oldest entries fall out."""

from __future__ import annotations

import uuid

from simulator.clock import now
from simulator.store import Collection, Document


class Journal:
    """A capped, chronological log of calls."""

    def __init__(self, entries: Collection, limit: int) -> None:
        self._entries = entries
        self._limit = limit

    def record(self, **facts: object) -> Document:
        """Append one entry; it gets an `id` and a `time`."""
        entry: Document = {"id": str(uuid.uuid4()), "time": now().isoformat(timespec="milliseconds"), **facts}
        self._entries.put(entry["id"], entry)
        self._entries.keep_newest(self._limit)
        return entry

    def entries(self) -> list[Document]:
        """All entries, oldest first."""
        return list(self._entries)

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
