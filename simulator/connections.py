"""Open connections by peer, so that one can be dropped in the middle of a request."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.datastructures import Address
from uvicorn.protocols.http.h11_impl import H11Protocol

Peer = tuple[str, int]


class Connections:
    """The transports of a listener."""

    def __init__(self) -> None:
        self._transports: dict[Peer, asyncio.Transport] = {}

    def drop(self, client: Address | None) -> None:
        """Abort the connection to `client` at once."""
        if client is not None:
            transport = self._transports.get((client.host, client.port))
            # Who has left already need not be dropped.
            if transport is not None:
                transport.abort()

    def has_certificate(self, client: Address | None) -> bool:
        """Whether `client` has shown a certificate of ours: TLS lets no other through."""
        transport = self._transports.get((client.host, client.port)) if client is not None else None
        return transport is not None and bool(transport.get_extra_info("peercert"))

    async def drop_all(self) -> None:
        """Abort what is still open when the listener has stopped."""
        for transport in list(self._transports.values()):
            transport.abort()
        # Each transport closes its socket in the next turn of the loop.
        await asyncio.sleep(0.01)

    def protocol(self) -> type[H11Protocol]:
        """A protocol class for uvicorn that keeps this register."""
        transports = self._transports

        class RegisteredProtocol(H11Protocol):
            def connection_made(self, transport: Any) -> None:
                super().connection_made(transport)
                self.peer: Peer = transport.get_extra_info("peername")[:2]
                transports[self.peer] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                transports.pop(self.peer, None)
                super().connection_lost(exc)

            def shutdown(self) -> None:
                if self.cycle is None or self.cycle.response_complete:
                    # A client that keeps its connection for later never says goodbye, and TLS would wait for it.
                    self.transport.abort()
                else:
                    super().shutdown()

        return RegisteredProtocol
