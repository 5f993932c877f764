"""The tenant: everything the listeners share."""

from __future__ import annotations

from dataclasses import dataclass

from simulator.directory import Directory
from simulator.faults import Faults
from simulator.flows import FlowBook, read_flows
from simulator.graph.quota import WriteQuota
from simulator.inbox import Inbox
from simulator.journal import Journal
from simulator.login.client_secrets import ClientSecrets
from simulator.login.keys import SigningKey, load_signing_key
from simulator.settings import Settings
from simulator.staff import Staff
from simulator.store import Collection, Store


@dataclass
class Tenant:
    """One pretend Entra tenant, opened from its state folder."""

    settings: Settings
    store: Store
    faults: Faults
    directory: Directory
    staff: Staff
    inbox: Inbox
    invitations: Collection
    graph_calls: Journal
    connector_calls: Journal
    vendor_calls: Journal
    signing_key: SigningKey
    client_secrets: ClientSecrets
    quota: WriteQuota
    listening: bool = False

    def flows(self) -> FlowBook:
        """The user flows as the file has them now."""
        return read_flows(self.settings.flows)

    def reset(self) -> None:
        """Back to an empty tenant; keys and certificates stay."""
        self.faults.clear()
        self.directory.clear()
        self.staff.clear()
        self.inbox.clear()
        self.invitations.clear()
        self.graph_calls.clear()
        self.connector_calls.clear()
        self.vendor_calls.clear()
        self.client_secrets.clear()
        self.quota.clear()


def open_tenant(settings: Settings) -> Tenant:
    """Open the state folder, making it when needed."""
    settings.state.mkdir(parents=True, exist_ok=True)
    store, faults = Store(settings.state / "tenant.sqlite3"), Faults()
    return Tenant(
        settings=settings,
        store=store,
        faults=faults,
        directory=Directory(store.collection("users"), store.collection("groups"), settings.tenant_domain, faults),
        staff=Staff(store.collection("staff"), settings.tenant_domain),
        inbox=Inbox(store.collection("mails")),
        invitations=store.collection("invitations"),
        graph_calls=Journal(store.collection("graph-calls"), limit=2000),
        connector_calls=Journal(store.collection("connector-calls"), limit=200),
        vendor_calls=Journal(store.collection("vendor-calls"), limit=200),
        signing_key=load_signing_key(settings.state / "signing-key.pem"),
        client_secrets=ClientSecrets(settings.client_secret),
        quota=WriteQuota(settings.writes_per_window, settings.window_seconds),
    )
