"""The mail server of the run: it keeps a ledger of what it accepted, and refuses, hangs or hangs up when told to."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from email import message_from_bytes, policy
from enum import Enum
from typing import Any, cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from chaos.supervision import Supervised


class Mood(Enum):
    """How it treats mail."""

    GOOD = "good"
    REFUSING = "refusing"
    HANGING = "hanging"
    DROPPING = "dropping"  # takes the mail and hangs up without a word


@dataclass(frozen=True)
class Accepted:
    """One mail that the server took. `answer_lost`: the sender was not told. `sender` is its process, 0 if it was gone."""

    at: float
    message_id: str
    recipient: str
    subject: str
    answer_lost: bool = False
    sender: int = 0

    @property
    def entry(self) -> str:
        """The outbox entry that the mail says it is: its Message-ID up to the @."""
        return self.message_id.partition("@")[0].lstrip("<")


class MailServer:
    """Listens on a port of loopback, in a thread of its own."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mood = Mood.GOOD
        self.struck = 0
        self.ledger: list[Accepted] = []
        self.senders: Sequence[Supervised] = ()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="mail server", daemon=True)
        self._ready = threading.Event()

    def start(self) -> None:
        """Listen."""
        self._thread.start()
        if not self._ready.wait(10):
            raise RuntimeError("the mail server did not start")

    def stop(self) -> None:
        """Close every connection and end."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Take a recipient, unless in a bad mood."""
        if self.mood is Mood.REFUSING:
            self.struck += 1
            return "451 not now"
        if self.mood is Mood.HANGING:
            self.struck += 1
            while self.mood is Mood.HANGING:
                await asyncio.sleep(0.1)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Take the mail; whether the sender learns of it depends on the mood."""
        lost = self.mood is Mood.DROPPING
        sender = self._sender(session)
        message = message_from_bytes(cast("bytes", envelope.original_content), policy=policy.default)
        for address in envelope.rcpt_tos:
            about = str(message["Message-ID"]), address.lower(), str(message["Subject"])
            self.ledger.append(Accepted(time.time(), *about, lost, sender))
        if lost:
            self.struck += 1
            cast("asyncio.Transport", server.transport).abort()
            # The answer must not be written to a connection that is gone.
            await asyncio.Event().wait()
        return "250 OK"

    def _sender(self, session: Session) -> int:
        """The process at the other end, if it is one of those that send."""
        port = cast("tuple[str, int]", session.peer)[1]
        pids = [each.process.pid for each in self.senders if each.has_connection_from(port) and each.process]
        return pids[0] if pids else 0

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        # A sender that was killed leaves a task behind that nobody asks for its exception.
        self._loop.set_exception_handler(lambda _loop, _context: None)
        listening = self._loop.run_until_complete(
            self._loop.create_server(self._protocol, "127.0.0.1", self.port, backlog=100)
        )
        self._loop.call_soon(self._ready.set)
        self._loop.run_forever()
        listening.close()
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        self._loop.close()

    def _protocol(self) -> Any:
        return SMTP(self, loop=self._loop, hostname="mail.chaos", enable_SMTPUTF8=True)
