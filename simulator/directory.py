"""The directory: users and groups, alive and soft-deleted, and the values that must be unique among them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator

from simulator.clock import stamp
from simulator.faults import Faults
from simulator.refusals import bad_request, conflict, not_found
from simulator.store import Collection, Document

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
        clashes = list(self._clashes(document))
        if clashes:
            raise conflict(clashes)
        user = {"createdDateTime": stamp(), **document, "id": document.get("id") or str(uuid.uuid4())}
        lag = self._faults.take("replication_lag", subject)
        if lag is not None:
            self._lagging[user["id"]] = time.monotonic() + lag.number
        self._users.put(user["id"], user)
        return user

    def change_user(self, user: Document, changes: Document) -> Document:
        """Write properties of a user; raises GraphError 400 when a unique value is taken."""
        changed = {**user, **changes}
        clashes = list(self._clashes(changed))
        if clashes:
            raise conflict(clashes)
        self._users.put(user["id"], changed)
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
        self._users.remove(self.deleted_user(key)["id"])

    def find_by_mail(self, address: str) -> Document | None:
        """A living user with that address, lagging ones included: unique values are checked at the source."""
        wanted = address.lower()
        return next((user for user in self.users() if wanted in _addresses(user)), None)

    def find_by_identity(self, issuer: str, assigned_id: str) -> Document | None:
        """A living user with that identity."""
        wanted = (issuer.lower(), assigned_id.lower())
        return next((user for user in self.users() if wanted in _identities(user)), None)

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
        self._seed_groups()

    def _seed_groups(self) -> None:
        for key, name in FIRST_GROUPS.items():
            self.put_group({"id": key, "displayName": name})

    def _by_principal_name(self, name: str) -> Document | None:
        return next((user for user in self.users() if user.get("userPrincipalName", "").lower() == name), None)

    def _replicated(self, user_id: str) -> bool:
        return time.monotonic() >= self._lagging.get(user_id, 0)

    def _clashes(self, document: Document) -> Iterator[tuple[str, str]]:
        name = document.get("userPrincipalName", "").lower()
        addresses, identities = _addresses(document), _identities(document)
        for other in self._users:
            if other["id"] == document.get("id"):
                continue
            if name and other.get("userPrincipalName", "").lower() == name:
                yield "userPrincipalName", other["id"]
            if addresses & _addresses(other):
                yield "proxyAddresses", other["id"]
            if identities & _identities(other):
                yield "identities", other["id"]


def _addresses(user: Document) -> set[str]:
    proxies = {each.lower().removeprefix("smtp:") for each in user.get("proxyAddresses") or []}
    return proxies | {(user["mail"] or "").lower()} - {""} if user.get("mail") else proxies


def _identities(user: Document) -> set[tuple[str, str]]:
    """Identities that must be unique; a sign-in name is the principal name again, and some have no id."""
    return {
        (each["issuer"].lower(), each["issuerAssignedId"].lower())
        for each in user.get("identities") or []
        if each.get("signInType") != "userPrincipalName" and each.get("issuerAssignedId")
    }
