"""The connector credentials of a run. Their secrets cannot be read from the database: this folder remembers them."""

from __future__ import annotations

import hmac
import json

from approvals.models import UserFlow
from config.demo.people import asked_for
from config.run.plan import Plan
from config.run.records import Credential, connector_urls, read_json, write_private
from connector.models import ConnectorCredential, sha256


def demonstration_credentials(plan: Plan) -> dict[str, Credential]:
    """A credential that opens the door for each flow, by slug: the remembered one, else a new one instead of the old.

    Writes the flows for the pretend tenant, which is the memory.
    """
    remembered = {flow["slug"]: flow for flow in read_json(plan.flows_file).get("flows", [])}
    flows = list(UserFlow.objects.all())
    credentials = {flow.slug: _usable(remembered.get(flow.slug)) or _replace_all(flow) for flow in flows}
    document = {
        "product_url": plan.base_url,
        "flows": [
            {
                "slug": flow.slug,
                "name": flow.name,
                "redirect_url": flow.redirect_url,
                "attributes": asked_for(flow.slug),
                **connector_urls(plan, flow.slug),
                **credentials[flow.slug],
            }
            for flow in flows
        ],
    }
    write_private(plan.flows_file, json.dumps(document, indent=2) + "\n")
    return credentials


def first_credential(plan: Plan, flow: UserFlow) -> Credential | None:
    """The remembered credential of the flow, else its first; None when it has others, which are not ours to replace."""
    remembered = read_json(plan.var / "demo.json").get("connector") or {}
    usable = _usable(remembered)
    if usable or ConnectorCredential.objects.live().filter(flow=flow).exists():
        return usable
    return _issue(flow)


def _usable(remembered: Credential | None) -> Credential | None:
    """What is remembered, if it still opens the door."""
    if not remembered or not remembered.get("password"):
        return None
    username, password = remembered["username"], remembered["password"]
    live = ConnectorCredential.objects.live().filter(username=username).first()
    if live is None or not hmac.compare_digest(live.secret_sha256, sha256(password)):
        return None
    return {"username": username, "password": password}


def _replace_all(flow: UserFlow) -> Credential:
    """A new credential; those whose secret nobody here knows any more are revoked."""
    for old in ConnectorCredential.objects.live().filter(flow=flow):
        old.revoke()
    return _issue(flow)


def _issue(flow: UserFlow) -> Credential:
    credential, secret = ConnectorCredential.issue(flow)
    return {"username": credential.username, "password": secret}
