"""The bytes that leave, and what becomes of a server's refusals."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import ClassVar

import pytest
from django.core.mail import EmailMessage

from accounts.models import User
from approvals.errors import Later, Never
from approvals.mail import envelope, sending
from approvals.mail.letter import Mail
from approvals.models import OutboxEntry, UserFlow
from tests.factories import make_request
from tests.mail.delivering import deliver_mail
from tests.mail.smtp_server import MailServer

SIMPLE = EmailMessage("Subject", "Text", "foyer@contoso.example", ["john@fabrikam.example"])
MAIL = Mail(subject="Grüße", text="Text", html="<p>HTML</p>", language="de")


def test_it_sends_html_with_a_plain_twin_and_says_that_a_machine_wrote(flow: UserFlow, mail_server: MailServer) -> None:
    request = make_request(flow, locales=("de",), displayName="Jörg Müller")
    deliver_mail()
    (message,) = mail_server.messages
    entry = OutboxEntry.objects.get(kind="mail.received")
    assert message["From"] == "Foyer <foyer@contoso.example>"
    assert message["To"] == "john.smith@fabrikam.example"
    assert message["Reply-To"] == "access@contoso.example"
    assert message["Message-ID"] == f"<{entry.pk}@foyer.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Content-Language"] == "de"
    assert [part.get_content_type() for part in message.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]
    for kind in ("plain", "html"):
        body = message.get_body((kind,))
        assert body is not None
        assert "Guten Tag Jörg Müller," in body.get_content()
        assert request.reference in body.get_content()


def test_it_threads_all_mails_of_one_request_to_one_person(flow: UserFlow, anna: User, mail_server: MailServer) -> None:
    make_request(flow)
    deliver_mail()
    make_request(flow, status="denied")
    make_request(flow, email="jane@fabrikam.example")
    deliver_mail()
    threads: dict[str, list[str]] = {}
    for message in mail_server.messages:
        assert message["In-Reply-To"] == message["References"]
        threads.setdefault(str(message["References"]), []).append(str(message["To"]))
    assert sorted(threads.values()) == [
        ["anna@contoso.example"],
        ["anna@contoso.example"],
        ["jane@fabrikam.example"],
        ["john.smith@fabrikam.example", "john.smith@fabrikam.example"],
    ]


def test_it_has_the_same_message_id_when_it_is_sent_again(flow: UserFlow, mail_server: MailServer) -> None:
    request = make_request(flow)
    entry = OutboxEntry.objects.get(kind="request.announce")
    for _ in range(2):
        sending.send(envelope.to_applicant(MAIL, entry, request))
    first, second = mail_server.messages
    assert first["Message-ID"] == second["Message-ID"]


@pytest.mark.parametrize(
    "contact", ["", "+49 30 1234", "https://contoso.example/help", "a@b.example\nBcc: x@y.example"]
)
def test_it_names_no_address_for_answers_when_the_contact_is_none(
    flow: UserFlow, mail_server: MailServer, contact
) -> None:
    UserFlow.objects.update(contact=contact)
    flow.refresh_from_db()
    make_request(flow)
    deliver_mail()
    (message,) = mail_server.messages
    assert message["Reply-To"] is None
    assert message["Bcc"] is None


@pytest.mark.parametrize(
    ("email", "recipient"),
    [
        ("john+foyer@fabrikam.example", "john+foyer@fabrikam.example"),
        ("o'neil@fabrikam.example", "o'neil@fabrikam.example"),
        ("boss,john@fabrikam.example", '"boss,john"@fabrikam.example'),
        ("<boss>@fabrikam.example", '"<boss>"@fabrikam.example'),
        ("john@bücher.example", "john@xn--bcher-kva.example"),
    ],
)
def test_it_writes_to_one_address_whatever_is_in_it(flow: UserFlow, mail_server: MailServer, email, recipient) -> None:
    make_request(flow, email=email)
    deliver_mail()
    assert mail_server.recipients == [[recipient]]


@pytest.mark.parametrize(
    ("email", "code"),
    [("jörg@fabrikam.example", "address_not_ascii"), ("john@" + "a" * 70 + ".example", "address_unusable")],
)
def test_it_gives_up_at_an_address_that_mail_cannot_carry(flow: UserFlow, email, code) -> None:
    request = make_request(flow, email=email)
    with pytest.raises(Never) as refused:
        envelope.to_applicant(MAIL, OutboxEntry(request=request), request)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("command", "answer", "kind", "code"),
    [
        ("RCPT", "450 4.2.1 Mailbox busy", Later, "mail_server_450"),
        ("RCPT", "550 5.1.1 No such user", Never, "recipient_refused"),
        ("DATA", "452 4.3.1 Disk full", Later, "mail_server_452"),
        ("DATA", "554 5.7.1 Looks like spam", Never, "message_refused"),
        ("MAIL", "451 4.3.0 Not now", Later, "mail_server_451"),
        ("MAIL", "553 5.1.8 Sender not allowed", Later, "mail_server_553"),
    ],
)
def test_it_sorts_the_servers_refusals(mail_server: MailServer, command, answer, kind, code) -> None:
    mail_server.answers[command] = answer
    with pytest.raises(kind) as refused:
        sending.send(SIMPLE)
    assert refused.value.code == code


def test_it_tries_later_when_the_server_wants_a_sign_in_that_fails(mail_server: MailServer, settings) -> None:
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "foyer", "wrong"
    with pytest.raises(Later):
        sending.send(SIMPLE)


def test_it_tries_later_when_the_server_falls_silent(mail_server: MailServer, settings) -> None:
    settings.EMAIL_TIMEOUT = 0.3
    mail_server.silent = True
    with pytest.raises(Later) as later:
        sending.send(SIMPLE)
    assert later.value.code == "mail_server_unreachable"


def test_it_tries_later_when_nobody_listens(settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    with pytest.raises(Later) as later:
        sending.send(SIMPLE)
    assert later.value.code == "mail_server_unreachable"


def test_it_takes_a_mail_for_sent_when_only_the_good_bye_fails(mail_server: MailServer) -> None:
    mail_server.answers["QUIT"] = "221 " + "longer than any line may be " * 400
    sending.send(SIMPLE)
    assert len(mail_server.messages) == 1


class MailService(BaseHTTPRequestHandler):
    """A mail provider's HTTP API that gives every call the same answer."""

    status = 200
    answer: ClassVar[dict[str, object]] = {"id": "49a3999c-0ce1-4ea6-ab68-afcd6dc2e794"}

    def do_POST(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.status)
        self.end_headers()
        self.wfile.write(json.dumps(self.answer).encode())

    def log_message(self, *_args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def mail_service(settings, monkeypatch) -> Iterator[type[MailService]]:
    """The product sends through an HTTP provider."""
    server = HTTPServer(("127.0.0.1", 0), MailService)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    use_service(settings, server.server_port)
    monkeypatch.setattr(MailService, "status", 200)
    monkeypatch.setattr(MailService, "answer", MailService.answer)
    yield MailService
    server.shutdown()
    server.server_close()
    thread.join(10)


def use_service(settings, port: int, name: str = "resend") -> None:
    """Send through the provider of this name, at a port of this machine."""
    settings.EMAIL_BACKEND = f"anymail.backends.{name}.EmailBackend"
    settings.ANYMAIL = {
        "RESEND_API_KEY": "key",
        "RESEND_API_URL": f"http://127.0.0.1:{port}/",
        "POSTMARK_SERVER_TOKEN": "token",
        "POSTMARK_API_URL": f"http://127.0.0.1:{port}/",
    }


def test_it_sends_through_a_mail_service(mail_service: type[MailService]) -> None:
    sending.send(SIMPLE)


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, Never, "message_refused"),
        (422, Never, "message_refused"),
        (401, Later, "mail_service_401"),
        (403, Later, "mail_service_403"),
        (429, Later, "mail_service_429"),
        (500, Later, "mail_service_500"),
        (503, Later, "mail_service_503"),
    ],
)
def test_it_sorts_what_a_mail_service_refuses(mail_service: type[MailService], status, kind, code) -> None:
    mail_service.status = status
    with pytest.raises(kind) as refused:
        sending.send(SIMPLE)
    assert refused.value.code == code


def test_it_gives_up_at_an_address_that_the_mail_service_refuses(mail_service: type[MailService], settings) -> None:
    mail_service.status = 422
    mail_service.answer = {
        "ErrorCode": 406,
        "Message": "You tried to send to a recipient that has been marked as inactive.\n"
        "Found inactive addresses: john@fabrikam.example.\nInactive recipients are ones that have generated a hard bounce.",
    }
    use_service(settings, int(settings.ANYMAIL["RESEND_API_URL"].rpartition(":")[2].strip("/")), "postmark")
    with pytest.raises(Never) as refused:
        sending.send(SIMPLE)
    assert refused.value.code == "recipient_refused"
    assert "fabrikam" not in refused.value.reason


def test_it_tries_later_when_the_mail_service_is_away(settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    use_service(settings, port)
    with pytest.raises(Later) as later:
        sending.send(SIMPLE)
    assert later.value.code == "mail_service_unreachable"
