"""One call: what it trusts, what bounds it, and what each failure is called."""

from __future__ import annotations

import gzip
import socket
import time

import pytest

from connector.verification.base import NoAnswer
from connector.verification.trust import trust
from connector.verification.wire import LARGEST_ANSWER, Call, post
from tests.verification.service import Handler, Service

LONG = 20.0
SHORT = 0.4
# How much later than its deadline a call may end on a busy machine.
GRACE = 3.0


def call(service: Service, url: str | None = None) -> Call:
    return Call(url or service.url, b"a=b", {"Content-Type": "text/plain"}, trust(service.authorities))


def failure(wanted: Call, timeout: float = LONG) -> str:
    with pytest.raises(NoAnswer) as caught:
        post(wanted, timeout=timeout)
    return caught.value.code


def test_it_returns_the_body(service: Service) -> None:
    service.answers("<ok/>")
    assert post(call(service), timeout=LONG) == b"<ok/>"
    (received,) = service.calls
    assert (received.path, received.body, received.headers["content-type"]) == ("/service", b"a=b", "text/plain")


def test_it_shows_nothing_of_what_it_carries() -> None:
    shown = repr(Call("https://x.example", b"secret-body", {"hmac-signature": "secret-header"}, trust()))
    assert "secret" not in shown


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 400, 401, 403, 404, 429, 500, 503])
def test_it_takes_no_status_but_200(service: Service, status: int) -> None:
    service.answers(b"" if status == 204 else b"<response/>", status, Location=service.url)
    assert failure(call(service)) == f"http_{status}"
    assert len(service.calls) == 1


def test_it_reads_no_more_than_it_must(service: Service) -> None:
    service.answers(b"x" * LARGEST_ANSWER)
    assert len(post(call(service), timeout=LONG)) == LARGEST_ANSWER
    service.answers(b"x" * (LARGEST_ANSWER + 1))
    assert failure(call(service)) == "answer_too_large"


def test_it_unpacks_nothing(service: Service) -> None:
    service.answers(gzip.compress(b"0" * 10_000_000), Content_Encoding="gzip")
    assert failure(call(service)) == "unusable_answer"
    assert service.calls[0].headers["accept-encoding"] == "identity"


def _hangs(service: Service) -> None:
    service.hangs()


def _drips_headers(service: Service) -> None:
    service.drips(b"HTTP/1.1 200 OK\r\n" + b"X-Header: 1\r\n" * 1000)


def _drips_body(service: Service) -> None:
    service.drips(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000)


@pytest.mark.parametrize("behave", [_hangs, _drips_headers, _drips_body])
def test_it_keeps_to_its_time_in_all(service: Service, behave) -> None:
    behave(service)
    began = time.monotonic()
    assert failure(call(service), SHORT) == "timeout"
    assert time.monotonic() - began < SHORT + GRACE


def test_it_keeps_to_its_time_when_nobody_accepts() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=1) as silent:
        began = time.monotonic()
        wanted = Call(f"https://127.0.0.1:{silent.getsockname()[1]}/", b"", {}, trust())
        assert failure(wanted, SHORT) == "timeout"
        assert time.monotonic() - began < SHORT + GRACE


def test_it_says_that_nobody_listens(service: Service) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    assert failure(call(service, f"https://127.0.0.1:{port}/")) == "unreachable"


def test_it_says_that_the_connection_broke(service: Service) -> None:
    def hang_up(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        handler.close_connection = True

    service.respond = hang_up
    assert failure(call(service)) == "connection_broke"


def test_it_trusts_only_the_given_authorities(service: Service) -> None:
    assert failure(Call(service.url, b"", {}, trust())) == "untrusted"
    assert failure(call(service, service.url.replace("localhost", "127.0.0.1"))) == "untrusted"
    assert service.calls == []


def test_it_shows_a_certificate_to_who_wants_one(guarded: Service) -> None:
    guarded.answers("<ok/>")
    own = trust(guarded.authorities, guarded.client_certificate, guarded.client_key)
    assert post(Call(guarded.url, b"", {}, own), timeout=LONG) == b"<ok/>"
    assert guarded.calls[0].certificate is not None


def test_it_says_that_its_certificate_was_refused(guarded: Service, service: Service) -> None:
    of_another = trust(guarded.authorities, service.client_certificate, service.client_key)
    for own in (trust(guarded.authorities), of_another):
        # The alert that says so may be overtaken by the end of the connection.
        assert failure(Call(guarded.url, b"", {}, own)) in ("certificate_refused", "connection_broke")
    assert guarded.calls == []


def test_it_cannot_use_what_is_no_certificate(service: Service) -> None:
    for parts in (("nonsense", "", ""), ("", "nonsense", "nonsense"), ("", service.client_certificate, "nonsense")):
        with pytest.raises(NoAnswer, match="certificates_unusable"):
            trust(*parts)


def test_it_follows_no_proxy_of_the_environment(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    service.answers("<ok/>")
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert post(call(service), timeout=LONG) == b"<ok/>"
