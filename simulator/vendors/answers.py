"""Which answer an applicant gets, and those that any server may give that is not well."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse

from simulator.tenant import Tenant

PASS = "pass"  # noqa: S105 - an answer, and no password
HANG_SECONDS = 30.0
DRIP_SECONDS = 0.1
DRIPS = 600
HUGE_BYTES = 4 * 1024 * 1024
GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"

Give = Callable[[], Response]


def chosen(tenant: Tenant, vendor: str, surname: str, known: Mapping[str, object]) -> str:
    """The answer to give: the switched-on one, else the one that the surname names, else a pass."""
    switched = tenant.faults.take("verification", vendor)
    if switched is not None and str(switched.value) in {*known, *UNWELL}:
        return str(switched.value)
    word = surname.strip().lower()
    return word if word in {*known, *UNWELL} else PASS


async def given(request: Request, answer: str, known: Mapping[str, Give]) -> Response:
    """The answer itself."""
    if answer in known:
        return known[answer]()
    if answer == "hang":
        await asyncio.sleep(HANG_SECONDS)
    return UNWELL[answer](request)


async def _drops(request: Request) -> AsyncIterator[bytes]:
    for _number in range(DRIPS):
        if await request.is_disconnected():
            return
        yield b" "
        await asyncio.sleep(DRIP_SECONDS)


UNWELL: dict[str, Callable[[Request], Response]] = {
    "500": lambda _request: PlainTextResponse("Internal Server Error", 500),
    "503": lambda _request: HTMLResponse(GATEWAY_PAGE, 503),
    "html": lambda _request: HTMLResponse(GATEWAY_PAGE),
    "hang": lambda _request: Response(status_code=503),
    "drip": lambda request: StreamingResponse(_drops(request), media_type="text/plain"),
    "malformed": lambda _request: Response(b'{"<response', media_type="application/octet-stream"),
    "empty": lambda _request: Response(b""),
    "huge": lambda _request: Response(b"<response>" + b" " * HUGE_BYTES + b"</response>", media_type="text/xml"),
    "redirect": lambda request: RedirectResponse(str(request.url), 307),
}
