"""Groups and their members."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from simulator.graph.listing import DEFAULT_FIELDS, list_objects, selected, show
from simulator.graph.messages import GraphAnswer, GraphRequest
from simulator.graph.validation import check_reference
from simulator.refusals import bad_request
from simulator.tenant import Tenant

GROUP_FIELDS = ("id", "displayName", "description", "mail", "mailEnabled", "securityEnabled", "groupTypes")
_OBJECT = re.compile(r"/v1\.0/(?:directoryObjects|users)/([^/]+)")


def list_groups(tenant: Tenant, request: GraphRequest) -> GraphAnswer:
    """GET /groups."""
    return list_objects(request, tenant.directory.groups(), "groups", GROUP_FIELDS)


def read_group(tenant: Tenant, request: GraphRequest, group_id: str) -> GraphAnswer:
    """GET /groups/{id}."""
    group = show(tenant.directory.group(group_id), selected(request.query, GROUP_FIELDS))
    return GraphAnswer(200, {"@odata.context": request.context("groups/$entity"), **group})


def list_members(tenant: Tenant, request: GraphRequest, group_id: str) -> GraphAnswer:
    """GET /groups/{id}/members."""
    return list_objects(request, tenant.directory.members(group_id), "directoryObjects", DEFAULT_FIELDS)


def list_member_references(tenant: Tenant, request: GraphRequest, group_id: str) -> GraphAnswer:
    """GET /groups/{id}/members/$ref."""
    members = tenant.directory.members(group_id)
    references = [{"@odata.id": f"{request.origin}/v1.0/directoryObjects/{each['id']}"} for each in members]
    return GraphAnswer(200, {"@odata.context": request.context("Collection($ref)"), "value": references})


def add_member(tenant: Tenant, request: GraphRequest, group_id: str) -> GraphAnswer:
    """POST /groups/{id}/members/$ref."""
    body = request.document()
    check_reference(body)
    tenant.directory.add_member(group_id, _referenced(body["@odata.id"], request.origin))
    return GraphAnswer()


def remove_member(tenant: Tenant, request: GraphRequest, group_id: str, user_id: str) -> GraphAnswer:
    """DELETE /groups/{id}/members/{id}/$ref."""
    tenant.directory.remove_member(group_id, user_id)
    return GraphAnswer()


def _referenced(reference: str, origin: str) -> str:
    """The id in an object's address; the address must be of this Graph, as each cloud only knows its own."""
    found = _OBJECT.fullmatch(urlsplit(reference).path)
    if found is None or not reference.startswith(f"{origin}/"):
        raise bad_request(f"Invalid object reference: it must start with {origin}/v1.0/directoryObjects/.")
    return found.group(1)
