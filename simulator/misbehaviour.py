"""What a service does when it is slow or misbehaves: stall, answer with an error, or hang up."""

from __future__ import annotations

import asyncio
import random

from starlette.requests import Request
from starlette.responses import Response

from simulator.connections import Connections
from simulator.faults import Faults
from simulator.graph.messages import GraphAnswer

_GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_UNAVAILABLE = {500: "InternalServerError", 503: "serviceNotAvailable", 504: "GatewayTimeout"}


async def take_time(latency: float, method: str) -> None:
    """Take as long as a real service: a write thrice as long as a read, and each differs by up to a half."""
    if latency:
        usual = latency if method == "GET" else 3 * latency
        await asyncio.sleep(usual * random.uniform(0.5, 1.5))  # noqa: S311 - a spread, and no secret


async def outlasts_stall(request: Request, faults: Faults, subject: str, *, only_named: bool = False) -> bool:
    """Wait as long as a fault says; False when the caller has gone meanwhile and nothing is to be done."""
    fault = faults.take("hang", subject, only_named=only_named)
    if fault is None:
        return True
    await asyncio.sleep(fault.number)
    return not await request.is_disconnected()


def broken_answer(faults: Faults, subject: str, *, only_named: bool = False) -> GraphAnswer | None:
    """The answer of a service that is throttled or down, if a fault says so."""
    throttled = faults.take("throttle", subject, only_named=only_named)
    if throttled is not None:
        return _throttled(throttled.number)
    down = faults.take("unavailable", subject, only_named=only_named)
    return _down(int(down.number)) if down is not None else None


async def hang_up(request: Request) -> Response:
    """Drop the connection of a request without an answer; what is returned reaches nobody."""
    connections: Connections = request.app.state.connections
    connections.drop(request.client)
    # The transport tells its protocol in the next turn of the loop.
    await asyncio.sleep(0.01)
    return Response(status_code=500)


def _throttled(seconds: float) -> GraphAnswer:
    headers = {
        "Retry-After": f"{seconds:g}",
        "x-ms-throttle-scope": "Tenant_Application/ReadWrite",
        "x-ms-throttle-information": "ResourceUnitLimitExceeded",
    }
    error = {"code": "TooManyRequests", "message": "Too many requests. Please retry again later."}
    return GraphAnswer(429, {"error": error}, headers)


def _down(status: int) -> GraphAnswer:
    if status not in _UNAVAILABLE:
        return GraphAnswer(status, _GATEWAY_PAGE)
    error = {"code": _UNAVAILABLE[status], "message": "The service is temporarily unavailable. Please retry later."}
    return GraphAnswer(status, {"error": error})
