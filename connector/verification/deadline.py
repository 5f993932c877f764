"""A network whose every wait ends at one deadline. A limit for each read does not bound a server that sends a byte now and then."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterable
from typing import Any

import httpcore


class Deadline:
    """A moment of the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def left(self) -> float:
        """The seconds until then, never less than nothing."""
        return max(self._at - time.monotonic(), 0.0)

    def still(self) -> float:
        """The seconds until then. Raises httpcore.ReadTimeout when it is past."""
        left = self.left()
        if not left:
            raise httpcore.ReadTimeout
        return left


class Network(httpcore.NetworkBackend):
    """The sockets of this process, as httpcore asks for them, bounded by a deadline in place of limits for each step."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline, self._sockets = deadline, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect before the deadline."""
        stream = self._sockets.connect_tcp(host, port, self._deadline.still(), local_address, socket_options)
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.still())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.still())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._deadline.still()), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
