"""JSON documents that survive a restart: held in memory, written through to SQLite."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Document = dict[str, Any]


class Store:
    """One database file with named collections; used from one thread."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=NORMAL")
        self.connection.execute(
            "CREATE TABLE IF NOT EXISTS documents (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))"
        )

    def collection(self, kind: str) -> Collection:
        """The documents of one kind, in the order in which they were first put in."""
        return Collection(self.connection, kind)

    def close(self) -> None:
        """Close the file; nothing is lost."""
        self.connection.close()


class Collection:
    """Documents by id; what is read must not be changed but through `put`."""

    def __init__(self, connection: sqlite3.Connection, kind: str) -> None:
        self._connection = connection
        self._kind = kind
        rows = connection.execute("SELECT id, body FROM documents WHERE kind = ? ORDER BY rowid", (kind,))
        self._documents: dict[str, Document] = {key: json.loads(body) for key, body in rows}

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._documents.values()))

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, key: str) -> Document | None:
        """The document of that id, if there is one."""
        return self._documents.get(key)

    def put(self, key: str, document: Document) -> None:
        """Put a document in, or replace it in its place."""
        self._documents[key] = document
        self._connection.execute(
            "INSERT INTO documents VALUES (?, ?, ?) ON CONFLICT (kind, id) DO UPDATE SET body = excluded.body",
            (self._kind, key, json.dumps(document)),
        )

    def remove(self, key: str) -> None:
        """Take a document out; nothing happens when it is not there."""
        self._documents.pop(key, None)
        self._connection.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (self._kind, key))

    def keep_newest(self, limit: int) -> None:
        """Take the oldest documents out until `limit` are left."""
        while len(self._documents) > limit:
            self.remove(next(iter(self._documents)))

    def clear(self) -> None:
        """Take everything out."""
        self._documents.clear()
        self._connection.execute("DELETE FROM documents WHERE kind = ?", (self._kind,))
