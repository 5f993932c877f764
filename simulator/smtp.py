"""The SMTP side of the inbox, and how it misbehaves."""

from __future__ import annotations

import asyncio
from typing import cast

from aiosmtpd.smtp import SMTP, Envelope, Session

from simulator.faults import Faults
from simulator.inbox import Inbox

LARGEST_MAIL = 10 * 1024 * 1024


class InboxHandler:
    """Takes every mail for every address, unless a fault says otherwise."""

    def __init__(self, inbox: Inbox, faults: Faults) -> None:
        self._inbox = inbox
        self._faults = faults

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Refuse or stall a recipient, or take it."""
        stall = self._faults.take("smtp_hang", address)
        if stall is not None:
            await asyncio.sleep(stall.number)
        refusal = self._faults.take("smtp_refuse", address)
        if refusal is not None:
            return f"{int(refusal.number)} this mailbox does not take mail at the moment"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail; a dropped connection hides that it was kept."""
        self._inbox.deliver(envelope.original_content or b"", envelope.mail_from or "", envelope.rcpt_tos)
        if self._faults.take("smtp_drop_after_data", " ".join(envelope.rcpt_tos)):
            cast("asyncio.Transport", server.transport).abort()
            # The answer must not be written to a connection that is gone.
            await asyncio.Event().wait()
        return "250 OK: kept in the inbox"


def smtp_protocol(inbox: Inbox, faults: Faults) -> SMTP:
    """One connection's protocol."""
    handler = InboxHandler(inbox, faults)
    return SMTP(handler, hostname="inbox.simulator", enable_SMTPUTF8=True, data_size_limit=LARGEST_MAIL)
