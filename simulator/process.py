"""The process: three listeners on three ports in a row, from start to a clean stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from simulator.apps import pages_app, tenant_app
from simulator.certificates import issue_client_certificate, issue_server_certificate
from simulator.connections import Connections
from simulator.settings import Settings
from simulator.smtp import smtp_protocol
from simulator.tenant import open_tenant


class PortTaken(Exception):
    """A port that we need belongs to another process."""


class Listener(uvicorn.Server):
    """A web server that leaves signals alone and tells when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals stop the whole process, not one listener."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, and say so."""
        await super().startup(sockets)
        self.up.set()


async def run(settings: Settings) -> None:
    """Serve until a signal arrives; raises PortTaken, before anything is written, when it cannot."""
    sockets = [_bind(settings.host, port) for port in (settings.port, settings.https_port, settings.smtp_port)]
    tenant = open_tenant(settings)
    connections = Connections()
    certificate = issue_server_certificate(settings.state, ("localhost", "127.0.0.1", "::1", *settings.names))
    limits = httpx.Limits(max_connections=200)
    issue_client_certificate(settings.state)
    async with httpx.AsyncClient(timeout=None, limits=limits, trust_env=False) as client:  # noqa: S113
        pages = _listener(pages_app(tenant, client))
        secured = _listener(
            tenant_app(tenant, connections),
            http=connections.protocol(),
            certificate=certificate.chain,
            key=certificate.key,
            authority=settings.state / "ca.pem",
        )
        _stop_on_signals([pages, secured])
        loop = asyncio.get_running_loop()
        smtp = await loop.create_server(lambda: smtp_protocol(tenant.inbox, tenant.faults), sock=sockets[2])
        serving = [asyncio.create_task(pages.serve([sockets[0]])), asyncio.create_task(secured.serve([sockets[1]]))]
        await asyncio.gather(pages.up.wait(), secured.up.wait())
        tenant.listening = True
        print(_ready_line(settings), flush=True)
        await asyncio.gather(*serving)
        await connections.drop_all()
        smtp.close()
    tenant.store.close()


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    # asyncio only switches Nagle's delay of 40 ms off where the protocol is named, which create_server does not do.
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
    except OSError as problem:
        listening.close()
        raise PortTaken(f"cannot listen on {host}:{port}: {problem.strerror}") from problem
    return listening


def _listener(
    app: Any,
    *,
    http: type[H11Protocol] = H11Protocol,
    certificate: Path | None = None,
    key: Path | None = None,
    authority: Path | None = None,
) -> Listener:
    """A web server; with an `authority` it asks clients for a certificate, and is content without one."""
    config = uvicorn.Config(
        app,
        http=http,
        ssl_certfile=certificate,
        ssl_keyfile=key,
        ssl_ca_certs=None if authority is None else str(authority),
        ssl_cert_reqs=ssl.CERT_NONE if authority is None else ssl.CERT_OPTIONAL,
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    return Listener(config)


def _stop_on_signals(listeners: list[Listener]) -> None:
    def stop() -> None:
        # Whatever a wanted stop cuts short is no error worth a traceback.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        for listener in listeners:
            listener.should_exit = True

    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stop)


def _ready_line(settings: Settings) -> str:
    return (
        f"simulator ready: pages {settings.pages_url}, sign-in and Graph https://localhost:{settings.https_port}, "
        f"SMTP {settings.host}:{settings.smtp_port}"
    )
