"""The addresses of the pages."""

from __future__ import annotations

from starlette.routing import Route

from simulator.pages import redeem

PAGES = [
    Route("/redeem/{id}", redeem.show),
    Route("/redeem/{id}", redeem.accept, methods=["POST"]),
]
