"""The two web applications: sign-in and Graph over https, and the pages with the control API over http."""

from __future__ import annotations

from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from simulator import control
from simulator.connections import Connections
from simulator.graph.endpoint import answer_graph
from simulator.login.authorize import choose_person, show_sign_in, sign_out
from simulator.login.codes import Codes
from simulator.login.discovery import answer_discovery, answer_keys
from simulator.login.token_endpoint import answer_token
from simulator.pages.protection import SameSitePosts
from simulator.pages.routes import PAGES
from simulator.pages.sign_up import SignUps
from simulator.refusals import GraphError
from simulator.tenant import Tenant
from simulator.vendors.experian import answer_crosscore
from simulator.vendors.idology import answer_idology

STATIC = Mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
GRAPH_METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE"]


def tenant_app(tenant: Tenant, connections: Connections) -> Starlette:
    """What Microsoft serves, sign-in and Graph, and beside it the verification services."""
    app = Starlette(
        routes=[
            Route("/{tenant}/v2.0/.well-known/openid-configuration", answer_discovery),
            Route("/{tenant}/discovery/v2.0/keys", answer_keys),
            Route("/{tenant}/oauth2/v2.0/authorize", show_sign_in),
            Route("/{tenant}/oauth2/v2.0/authorize", choose_person, methods=["POST"]),
            Route("/{tenant}/oauth2/v2.0/logout", sign_out, methods=["GET", "POST"]),
            Route("/{tenant}/oauth2/v2.0/token", answer_token, methods=["POST"]),
            Route("/v1.0/{path:path}", answer_graph, methods=GRAPH_METHODS),
            Route("/idology/api/idiq.svc", answer_idology, methods=["POST"]),
            Route("/crosscore/services/v0/applications/3", answer_crosscore, methods=["POST"]),
            STATIC,
        ]
    )
    app.state.tenant, app.state.connections, app.state.codes = tenant, connections, Codes()
    return app


def pages_app(tenant: Tenant, client: httpx.AsyncClient) -> Starlette:
    """What a person clicks, and what a test asks."""
    app = Starlette(
        routes=[*control.ROUTES, *PAGES, STATIC],
        middleware=[Middleware(SameSitePosts)],
        exception_handlers={control.Misused: control.misused, GraphError: control.misused},
    )
    app.state.tenant, app.state.client, app.state.sign_ups = tenant, client, SignUps()
    return app
