"""The tenant's own people, who may sign in to the product with their work account."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

from simulator.store import Collection, Document

FIRST_STAFF: tuple[tuple[str, str, list[str]], ...] = (
    ("Adele Vance", "adele.vance", ["Administrator"]),
    ("Ben Okafor", "ben.okafor", ["Reviewer"]),
    ("Chiara Rossi", "chiara.rossi", ["Auditor"]),
    ("Diego Siciliani", "diego.siciliani", []),
)


class Staff:
    """Members of the tenant with the app roles they were assigned."""

    def __init__(self, people: Collection, domain: str) -> None:
        self._people = people
        self._domain = domain
        if not len(people):
            self._seed()

    def __iter__(self) -> Iterator[Document]:
        return iter(self._people)

    def get(self, object_id: str) -> Document | None:
        """One person by object id."""
        return self._people.get(object_id)

    def put(self, document: Document) -> Document:
        """Create or replace a person: `id`, `name`, `userPrincipalName`, `roles`, `groups`."""
        person = {"roles": [], "groups": [], **document, "id": document.get("id") or str(uuid.uuid4())}
        self._people.put(person["id"], person)
        return person

    def clear(self) -> None:
        """The first staff again."""
        self._people.clear()
        self._seed()

    def _seed(self) -> None:
        for name, alias, roles in FIRST_STAFF:
            address = f"{alias}@{self._domain}"
            key = str(uuid.uuid5(uuid.NAMESPACE_DNS, address))
            self.put({"id": key, "name": name, "userPrincipalName": address, "roles": roles})
