"""The tenant's user flows, read from a JSON file at each use: it may appear or change while we run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulator.attributes import BUILT_IN, LABELS


@dataclass(frozen=True)
class Flow:
    """A user flow with its two API connectors and their shared credential."""

    slug: str
    name: str
    check_status_url: str
    submit_url: str
    username: str
    password: str
    redirect_url: str
    attributes: tuple[str, ...] = BUILT_IN
    """The built-in attributes that its page collects, in their order."""


@dataclass(frozen=True)
class FlowBook:
    """Every flow, and where the product that reviews sign-ups is."""

    product_url: str | None
    flows: tuple[Flow, ...]

    def find(self, slug: str) -> Flow | None:
        """The flow of that slug, if there is one."""
        return next((flow for flow in self.flows if flow.slug == slug), None)


def read_flows(path: Path) -> FlowBook:
    """The flows of the file; none at all while it is absent or half written."""
    try:
        document = json.loads(path.read_text())
        flows = tuple(_flow(each) for each in document.get("flows", []))
        return FlowBook(document.get("product_url"), flows)
    except (OSError, ValueError, AttributeError, KeyError, TypeError):
        return FlowBook(None, ())


def _flow(document: dict[str, Any]) -> Flow:
    return Flow(
        slug=document["slug"],
        name=document.get("name") or document["slug"],
        check_status_url=document["check_status_url"],
        submit_url=document["submit_url"],
        username=document["username"],
        password=document["password"],
        redirect_url=document.get("redirect_url") or "",
        attributes=tuple(name for name in document.get("attributes", BUILT_IN) if name in LABELS),
    )
