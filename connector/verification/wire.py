"""One HTTPS call to a service, bounded in everything: its time in all, its size, and whom it trusts.

httpcore, on which httpx stands, takes a network of one's own; with it a call ends at its deadline whatever the other side
does. The lookup of a name heeds no deadline: so a call has a thread, and whoever asked waits no longer than agreed.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLong
from dataclasses import dataclass, field

import httpcore

from connector.verification.base import NoAnswer
from connector.verification.deadline import Deadline, Network

OK = 200
LARGEST_ANSWER = 1024 * 1024
LEAST_SECONDS = 0.05
# A lookup that hangs keeps a thread for as long as the system lets it; nobody waits for it.
MOST_AT_ONCE = 32

_callers = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="verification")


@dataclass(frozen=True)
class Call:
    """A POST. What it carries shows in no traceback and no log."""

    url: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    trust: ssl.SSLContext


def post(call: Call, *, timeout: float) -> bytes:
    """The body of the answer with status 200. Raises NoAnswer with the code timeout, unreachable, untrusted, …

    Redirects are not followed, proxies of the environment not used; the body is never longer than LARGEST_ANSWER.
    """
    deadline = Deadline(max(timeout, LEAST_SECONDS))
    coming = _callers.submit(_post, call, deadline)
    try:
        return coming.result(timeout=deadline.left() + LEAST_SECONDS)
    except TooLong:
        coming.cancel()
        raise NoAnswer("timeout") from None


def _post(call: Call, deadline: Deadline) -> bytes:
    try:
        return _exchange(call, deadline)
    except httpcore.TimeoutException:
        raise NoAnswer("timeout") from None
    except (httpcore.NetworkError, OSError) as error:
        # Without its cause, whose message may quote what was sent.
        raise NoAnswer(_code(error)) from None
    except (httpcore.ProtocolError, httpcore.UnsupportedProtocol, UnicodeError):
        raise NoAnswer("connection_broke") from None


def _exchange(call: Call, deadline: Deadline) -> bytes:
    with (
        httpcore.ConnectionPool(ssl_context=call.trust, network_backend=Network(deadline)) as pool,
        pool.stream("POST", call.url, headers=_headers(call), content=call.body) as response,
    ):
        if response.status != OK:
            raise NoAnswer(f"http_{response.status}")
        return _bounded(response)


def _headers(call: Call) -> list[tuple[str, str]]:
    # What is sent packed may be anything unpacked.
    headers = {"User-Agent": "Foyer", "Accept-Encoding": "identity", "Connection": "close", **call.headers}
    return [*headers.items(), ("Content-Length", str(len(call.body)))]


def _bounded(response: httpcore.Response) -> bytes:
    if any(name.lower() == b"content-encoding" and value.lower() != b"identity" for name, value in response.headers):
        raise NoAnswer("unusable_answer")
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise NoAnswer("answer_too_large")
    return bytes(body)


def _code(error: Exception) -> str:
    """What a failed exchange is called."""
    tls = next((cause for cause in _causes(error) if isinstance(cause, ssl.SSLError)), None)
    if tls is not None:
        return _tls_code(tls)
    return "unreachable" if isinstance(error, httpcore.ConnectError) else "connection_broke"


def _tls_code(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return "untrusted"
    # What the other side says of our certificate comes as an alert (RFC 8446, section 6.2).
    reason = str(error.reason or "")
    refused = "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason or "HANDSHAKE" in reason)
    return "certificate_refused" if refused else "tls_failed"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it came from."""
    cause: BaseException | None = error
    for _depth in range(10):
        if cause is None:
            return
        yield cause
        cause = cause.__cause__ or cause.__context__
