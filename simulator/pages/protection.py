"""Keeps other sites from pressing our buttons through a visitor's browser."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_READING = {"GET", "HEAD", "OPTIONS"}


class SameSitePosts:
    """Refuses whatever a browser says comes from another site; scripts without that header pass."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 403."""
        headers = dict(scope.get("headers", []))
        foreign = headers.get(b"sec-fetch-site") == b"cross-site"
        if scope["type"] == "http" and foreign and scope["method"] not in _READING:
            await PlainTextResponse("This button was pressed from another site.", 403)(scope, receive, send)
            return
        await self._app(scope, receive, send)
