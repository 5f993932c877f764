"""Mail that was received: parsed once, kept with its original."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern

from simulator.clock import now
from simulator.store import Collection, Document

LIMIT = 2000


class Inbox:
    """The mailbox of everybody; the oldest mails fall out."""

    def __init__(self, mails: Collection) -> None:
        self._mails = mails

    def deliver(self, content: bytes, sender: str, recipients: Sequence[str]) -> Document:
        """Keep a mail that was sent to `recipients`."""
        mail = {
            "id": str(uuid.uuid4()),
            "from": sender,
            "to": list(recipients),
            "received_at": now().isoformat(timespec="milliseconds"),
            **_parsed(content),
        }
        self._mails.put(mail["id"], mail)
        self._mails.keep_newest(LIMIT)
        return mail

    def mails(self, to: str | None = None) -> list[Document]:
        """All mails, or those to one address; oldest first."""
        wanted = to.lower() if to else None
        return [mail for mail in self._mails if wanted is None or wanted in map(str.lower, mail["to"])]

    def mail(self, key: str) -> Document | None:
        """One mail by id."""
        return self._mails.get(key)

    def clear(self) -> None:
        """Throw everything away."""
        self._mails.clear()


def _parsed(content: bytes) -> Document:
    message = message_from_bytes(content, policy=modern)
    headers: dict[str, str] = {}
    for name, value in message.items():
        headers[name] = f"{headers[name]}\n{value}" if name in headers else str(value)
    return {
        "subject": str(message.get("Subject", "")),
        "headers": headers,
        "text": _part(message, "plain"),
        "html": _part(message, "html"),
        "source": content.decode("utf-8", errors="replace"),
    }


def _part(message: EmailMessage, kind: str) -> str | None:
    part = message.get_body((kind,))
    if part is None:
        return None
    content = part.get_content()
    return content if isinstance(content, str) else None
