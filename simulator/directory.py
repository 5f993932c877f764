"""The directory: users and groups, alive and soft-deleted, and the values that must be unique among them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

from simulator.clock import stamp
from simulator.faults import Faults
from simulator.refusals import bad_request, conflict, not_found
from simulator.store import Collection, Document

# A property and a folded value of it.
Unique = tuple[str, str]

FIRST_GROUPS = {
    "7d0c2f6e-1f5b-4c7e-9a54-6f6a0f3b9d11": "Partner portal guests",
    "e2b8a9d4-53c6-4f0b-8d0e-1c2a7b6f4e22": "Supplier workspace guests",
}


class Directory:
    """Objects are plain Graph documents; every change goes through here."""

    def __init__(self, users: Collection, groups: Collection, domain: str, faults: Faults) -> None:
        self._users = users
        self._groups = groups
        self._faults = faults
        # Ids that the replicas do not know yet, with the moment from which they do.
        self._lagging: dict[str, float] = {}
        # Who has a value that must be unique, the deleted included.
        self._holders: dict[Unique, str] = {}
        for user in users:
            self._claim(user)
        self.domain = domain
        if not len(groups):
            self._seed_groups()

    def users(self) -> Iterator[Document]:
        """Users that are alive, oldest first."""
        return (user for user in self._users if "deletedDateTime" not in user)

    def deleted_users(self) -> Iterator[Document]:
        """Soft-deleted users, oldest first."""
        return (user for user in self._users if "deletedDateTime" in user)

    def listed_users(self) -> Iterator[Document]:
        """What a read of the list shows: users that have been replicated."""
        return (user for user in self.users() if self._replicated(user["id"]))

    def user(self, key: str) -> Document:
        """One user that is alive and replicated, by id or principal name; raises GraphError 404."""
        found = self._users.get(key.lower()) or self._by_principal_name(key.lower())
        if found is None or "deletedDateTime" in found or not self._replicated(found["id"]):
            raise not_found(key)
        return found

    def deleted_user(self, key: str) -> Document:
        """One soft-deleted user by id; raises GraphError 404."""
        user = self._users.get(key)
        if user is None or "deletedDateTime" not in user:
            raise not_found(key)
        return user

    def add_user(self, document: Document, *, subject: str = "") -> Document:
        """Create a user; raises GraphError 400 when a unique value is taken, also by a deleted user."""
        clashes = self._clashes(document)
        if clashes:
            raise conflict(clashes)
        user = {"createdDateTime": stamp(), **document, "id": document.get("id") or str(uuid.uuid4())}
        lag = self._faults.take("replication_lag", subject)
        if lag is not None:
            self._lagging[user["id"]] = time.monotonic() + lag.number
        self._put_user(user)
        return user

    def change_user(self, user: Document, changes: Document) -> Document:
        """Write properties of a user; raises GraphError 400 when a unique value is taken."""
        changed = {**user, **changes}
        clashes = self._clashes(changed)
        if clashes:
            raise conflict(clashes)
        self._put_user(changed)
        return changed

    def delete_user(self, key: str) -> None:
        """Move a user to the deleted items; raises GraphError 404."""
        user = self.user(key)
        self._users.put(user["id"], {**user, "deletedDateTime": stamp()})

    def restore_user(self, key: str) -> Document:
        """Bring a soft-deleted user back with its groups; raises GraphError 404."""
        user = dict(self.deleted_user(key))
        del user["deletedDateTime"]
        self._users.put(key, user)
        return user

    def purge_user(self, key: str) -> None:
        """Delete a soft-deleted user for good; raises GraphError 404."""
        user = self.deleted_user(key)
        self._release(user)
        self._users.remove(user["id"])

    def is_taken(self, principal_name: str) -> bool:
        """Whether any user has that principal name, the deleted included."""
        return ("userPrincipalName", principal_name.lower()) in self._holders

    def find_by_mail(self, address: str) -> Document | None:
        """A living user with that address, lagging ones included: unique values are checked at the source."""
        return self._living_holder(("proxyAddresses", address.lower()))

    def find_by_identity(self, issuer: str, assigned_id: str) -> Document | None:
        """A living user with that identity."""
        return self._living_holder(("identities", f"{issuer}/{assigned_id}".lower()))

    def groups(self) -> Iterator[Document]:
        """All groups, oldest first."""
        return iter(self._groups)

    def group(self, key: str) -> Document:
        """One group by id; raises GraphError 404."""
        group = self._groups.get(key.lower())
        if group is None:
            raise not_found(key)
        return group

    def put_group(self, document: Document) -> Document:
        """Create or replace a group."""
        key = document.get("id") or str(uuid.uuid4())
        group = {"securityEnabled": True, "mailEnabled": False, "members": [], **document, "id": key}
        self._groups.put(key, group)
        return group

    def groups_of(self, user_id: str) -> list[Document]:
        """The groups a user is a member of."""
        return [group for group in self._groups if user_id in group["members"]]

    def members(self, group_id: str) -> list[Document]:
        """Living members of a group; raises GraphError 404 for the group."""
        members = set(self.group(group_id)["members"])
        return [user for user in self.listed_users() if user["id"] in members]

    def add_member(self, group_id: str, user_id: str) -> None:
        """Put a user into a group; raises GraphError 404, or 400 when it is there already."""
        group, user = self.group(group_id), self.user(user_id)
        if user["id"] in group["members"]:
            raise bad_request(
                "One or more added object references already exist for the following modified properties: 'members'."
            )
        self.put_group({**group, "members": [*group["members"], user["id"]]})

    def remove_member(self, group_id: str, user_id: str) -> None:
        """Take a user out of a group; raises GraphError 404 when either is unknown or it is not a member."""
        group = self.group(group_id)
        if user_id not in group["members"]:
            raise not_found(user_id)
        self.put_group({**group, "members": [each for each in group["members"] if each != user_id]})

    def clear(self) -> None:
        """An empty tenant again, with its first groups."""
        self._users.clear()
        self._groups.clear()
        self._lagging.clear()
        self._holders.clear()
        self._seed_groups()

    def _seed_groups(self) -> None:
        for key, name in FIRST_GROUPS.items():
            self.put_group({"id": key, "displayName": name})

    def _by_principal_name(self, name: str) -> Document | None:
        return self._living_holder(("userPrincipalName", name))

    def _replicated(self, user_id: str) -> bool:
        return time.monotonic() >= self._lagging.get(user_id, 0)

    def _clashes(self, document: Document) -> dict[str, str]:
        """The properties whose value another user has, with that user's id."""
        holders = {name: self._holders.get((name, value)) for name, value in _unique_values(document)}
        return {name: holder for name, holder in holders.items() if holder not in (None, document.get("id"))}

    def _put_user(self, user: Document) -> None:
        self._release(self._users.get(user["id"]) or {})
        self._claim(user)
        self._users.put(user["id"], user)

    def _claim(self, user: Document) -> None:
        for value in _unique_values(user):
            self._holders[value] = user["id"]

    def _release(self, user: Document) -> None:
        for value in _unique_values(user):
            self._holders.pop(value, None)

    def _living_holder(self, value: Unique) -> Document | None:
        user = self._users.get(self._holders.get(value, ""))
        return user if user is not None and "deletedDateTime" not in user else None


def _unique_values(user: Document) -> list[Unique]:
    """Every value that no other user may have, folded, in the order in which conflicts are told."""
    addresses = {each.lower().removeprefix("smtp:") for each in user.get("proxyAddresses") or []}
    addresses |= {user["mail"].lower()} if user.get("mail") else set()
    # A sign-in name is the principal name again, and the identity of a work account has no id.
    identities = {
        f"{each['issuer']}/{each['issuerAssignedId']}".lower()
        for each in user.get("identities") or []
        if each.get("signInType") != "userPrincipalName" and each.get("issuerAssignedId")
    }
    name = user.get("userPrincipalName")
    return [
        *([("userPrincipalName", name.lower())] if name else []),
        *(("proxyAddresses", address) for address in sorted(addresses)),
        *(("identities", identity) for identity in sorted(identities)),
    ]
