"""The inbox takes mail as a mail server does, and misbehaves as one on request."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from tests.simulator_process import SimulatorProcess


@pytest.fixture
def smtp(simulator: SimulatorProcess) -> Iterator[smtplib.SMTP]:
    """A connection to the listener."""
    connection = smtplib.SMTP(simulator.smtp_host, simulator.smtp_port, timeout=10)
    yield connection
    connection.close()


def mail(to: str = "ana@example.org") -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Foyer <foyer@example.com>"
    message["To"] = to
    message["Subject"] = "Pedido aprovado: bem-vinda, Ana Conceição"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("Olá Ana,\naté já.\n")
    message.add_alternative("<p>Olá <b>Ana</b></p>", subtype="html")
    return message


def test_it_keeps_a_mail_in_all_its_parts(smtp: smtplib.SMTP, simulator: SimulatorProcess) -> None:
    smtp.send_message(mail(), to_addrs=["ana@example.org", "copy@example.org"])

    (kept,) = simulator.mails()
    assert kept["from"] == "foyer@example.com"
    assert kept["to"] == ["ana@example.org", "copy@example.org"]
    assert kept["subject"] == "Pedido aprovado: bem-vinda, Ana Conceição"
    assert kept["headers"]["Auto-Submitted"] == "auto-generated"
    assert kept["text"].splitlines() == ["Olá Ana,", "até já."]
    assert "<b>Ana</b>" in kept["html"]
    assert kept["received_at"]


def test_it_finds_mail_by_recipient_in_any_case(smtp: smtplib.SMTP, simulator: SimulatorProcess) -> None:
    smtp.send_message(mail())
    smtp.send_message(mail("ben@example.org"))

    assert len(simulator.mails()) == 2
    assert [each["to"] for each in simulator.mails("BEN@example.org")] == [["ben@example.org"]]


def test_it_takes_a_mail_that_is_hardly_one(smtp: smtplib.SMTP, simulator: SimulatorProcess) -> None:
    smtp.sendmail("a@example.org", ["b@example.org"], b"\xff\xfe not a header\r\n\r\nbody\r\n")

    assert len(simulator.mails("b@example.org")) == 1


@pytest.mark.parametrize("code", [451, 550])
def test_it_refuses_a_recipient(code: int, smtp: smtplib.SMTP, simulator: SimulatorProcess) -> None:
    simulator.fault("smtp_refuse", count=1, value=code, match="ana@")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        smtp.send_message(mail())

    assert refused.value.recipients["ana@example.org"][0] == code
    smtp.send_message(mail())
    assert len(simulator.mails()) == 1


def test_it_stalls_until_the_sender_gives_up(simulator: SimulatorProcess) -> None:
    simulator.fault("smtp_hang", count=1, value=5)
    impatient = smtplib.SMTP(simulator.smtp_host, simulator.smtp_port, timeout=0.2)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        impatient.send_message(mail())
    impatient.close()

    assert simulator.mails() == []


def test_it_keeps_the_mail_and_drops_the_connection(smtp: smtplib.SMTP, simulator: SimulatorProcess) -> None:
    simulator.fault("smtp_drop_after_data", count=1)
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionResetError)):
        smtp.send_message(mail())

    assert len(simulator.mails("ana@example.org")) == 1
    with smtplib.SMTP(simulator.smtp_host, simulator.smtp_port, timeout=10) as again:
        again.send_message(mail())
    assert len(simulator.mails("ana@example.org")) == 2
