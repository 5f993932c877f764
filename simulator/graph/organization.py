"""The tenant itself."""

from __future__ import annotations

from simulator.graph.listing import selected, show
from simulator.graph.messages import GraphAnswer, GraphRequest
from simulator.store import Document
from simulator.tenant import Tenant

FIELDS = ("id", "displayName", "tenantType", "countryLetterCode", "createdDateTime", "verifiedDomains")


def read_organization(tenant: Tenant, request: GraphRequest) -> GraphAnswer:
    """GET /organization: a list of one."""
    domain = {"name": tenant.settings.tenant_domain, "isDefault": True, "isInitial": True, "type": "Managed"}
    organization: Document = {
        "id": tenant.settings.tenant_id,
        "displayName": "Contoso (simulated)",
        "tenantType": "AAD",
        "countryLetterCode": "NL",
        "createdDateTime": "2024-01-15T09:00:00Z",
        "verifiedDomains": [domain],
    }
    body = {
        "@odata.context": request.context("organization"),
        "value": [show(organization, selected(request.query, FIELDS))],
    }
    return GraphAnswer(200, body)
