"""Users: read, create as a guest with an external identity, change, delete, restore."""

from __future__ import annotations

from simulator.graph.listing import DEFAULT_FIELDS, list_objects, selected, show
from simulator.graph.messages import GraphAnswer, GraphRequest
from simulator.graph.rules import check_new_guest, check_properties
from simulator.graph.validation import check_user_change, check_user_creation
from simulator.guests import new_guest
from simulator.store import Document
from simulator.tenant import Tenant


def list_users(tenant: Tenant, request: GraphRequest) -> GraphAnswer:
    """GET /users."""
    return list_objects(request, tenant.directory.listed_users(), "users", DEFAULT_FIELDS)


def create_user(tenant: Tenant, request: GraphRequest) -> GraphAnswer:
    """POST /users, for a guest with a federated identity."""
    body = request.document()
    check_user_creation(body)
    check_properties(body, tenant.settings.extensions_app_id)
    check_new_guest(body, tenant.settings.tenant_domain)
    guest = new_guest(tenant.directory, body["mail"], body)
    user = tenant.directory.add_user(guest, subject=request.subject)
    return GraphAnswer(201, _entity(request, user, "users"))


def read_user(tenant: Tenant, request: GraphRequest, user_id: str) -> GraphAnswer:
    """GET /users/{id}."""
    return GraphAnswer(200, _entity(request, tenant.directory.user(user_id), "users"))


def change_user(tenant: Tenant, request: GraphRequest, user_id: str) -> GraphAnswer:
    """PATCH /users/{id}."""
    body = request.document()
    user = tenant.directory.user(user_id)
    check_user_change(body)
    check_properties(body, tenant.settings.extensions_app_id)
    tenant.directory.change_user(user, body)
    return GraphAnswer()


def delete_user(tenant: Tenant, request: GraphRequest, user_id: str) -> GraphAnswer:
    """DELETE /users/{id}."""
    tenant.directory.delete_user(user_id)
    return GraphAnswer()


def list_deleted_users(tenant: Tenant, request: GraphRequest) -> GraphAnswer:
    """GET /directory/deletedItems/microsoft.graph.user."""
    fields = [*DEFAULT_FIELDS, "deletedDateTime"]
    return list_objects(request, tenant.directory.deleted_users(), "directoryObjects", fields)


def read_deleted_user(tenant: Tenant, request: GraphRequest, user_id: str) -> GraphAnswer:
    """GET /directory/deletedItems/{id}."""
    return GraphAnswer(200, _entity(request, tenant.directory.deleted_user(user_id), "directoryObjects"))


def restore_user(tenant: Tenant, request: GraphRequest, user_id: str) -> GraphAnswer:
    """POST /directory/deletedItems/{id}/restore."""
    return GraphAnswer(200, _entity(request, tenant.directory.restore_user(user_id), "directoryObjects"))


def purge_user(tenant: Tenant, request: GraphRequest, user_id: str) -> GraphAnswer:
    """DELETE /directory/deletedItems/{id}."""
    tenant.directory.purge_user(user_id)
    return GraphAnswer()


def _entity(request: GraphRequest, user: Document, what: str) -> Document:
    fields = [*DEFAULT_FIELDS, "deletedDateTime"] if "deletedDateTime" in user else DEFAULT_FIELDS
    return {"@odata.context": request.context(f"{what}/$entity"), **show(user, selected(request.query, fields))}
