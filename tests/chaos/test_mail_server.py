"""The mail server's ledger: who sent what, and whether they were told that it was taken."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chaos.mail_server import MailServer, Mood
from chaos.supervision import Supervised
from tests.journeys.stack import eventually
from tests.simulator_process import free_ports_in_a_row

SEND = """
import smtplib, sys
mail = "Message-ID: <entry-7@foyer.example>\\r\\nSubject: Hello\\r\\n\\r\\nText."
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as server:
    server.sendmail("foyer@contoso.example", ["Maria@fabrikam.example"], mail)
"""


@pytest.fixture
def server() -> Iterator[MailServer]:
    """One in a good mood."""
    running = MailServer(free_ports_in_a_row(1))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def sender(server: MailServer, tmp_path: Path) -> Iterator[Supervised]:
    """A process that will send one mail, and that the server knows."""
    command = [sys.executable, "-c", SEND, str(server.port)]
    process = Supervised("sender", command, dict(os.environ), tmp_path / "log", tmp_path)
    server.senders = [process]
    yield process
    process.end(10)


def code_of(sender: Supervised) -> int:
    """With what it ended."""
    assert sender.process is not None
    return sender.process.wait(20)


def test_it_knows_which_process_a_mail_is_of(server: MailServer, sender: Supervised) -> None:
    sender.start()

    assert code_of(sender) == 0
    [mail] = server.ledger
    assert sender.process is not None
    assert (mail.entry, mail.recipient, mail.sender) == ("entry-7", "maria@fabrikam.example", sender.process.pid)
    assert not mail.answer_lost


def test_it_takes_the_mail_and_hangs_up(server: MailServer, sender: Supervised) -> None:
    server.mood = Mood.DROPPING
    sender.start()

    assert code_of(sender) == 1
    assert [mail.answer_lost for mail in server.ledger] == [True]


def test_it_refuses(server: MailServer, sender: Supervised) -> None:
    server.mood = Mood.REFUSING
    sender.start()

    assert code_of(sender) == 1
    assert (server.ledger, server.struck) == ([], 1)


def test_it_hangs_and_goes_on(server: MailServer, sender: Supervised) -> None:
    server.mood = Mood.HANGING
    sender.start()
    eventually(lambda: server.struck)
    before = list(server.ledger)
    server.mood = Mood.GOOD

    assert code_of(sender) == 0
    assert (len(before), len(server.ledger)) == (0, 1)
