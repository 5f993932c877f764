"""From a rendered mail to a message: the headers that thread it, and that keep it from being answered by machines."""

from __future__ import annotations

from email.headerregistry import Address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email

from approvals.errors import Never
from approvals.mail.letter import Mail
from approvals.models import OutboxEntry, SignUpRequest

if TYPE_CHECKING:
    from accounts.models import User


def to_applicant(mail: Mail, entry: OutboxEntry, request: SignUpRequest) -> EmailMultiAlternatives:
    """The message to the one who asked; an answer goes to the flow's contact when that is an address.

    Raises Never for an address that mail cannot be sent to.
    """
    contact = request.flow.contact
    reply_to = [contact] if _is_address(contact) else []
    return _message(mail, entry, recipient=request.email, person="applicant", reply_to=reply_to)


def to_reviewer(mail: Mail, entry: OutboxEntry, reviewer: User) -> EmailMultiAlternatives:
    """The message to a reviewer or an administrator. Raises Never for an address that mail cannot be sent to."""
    return _message(mail, entry, recipient=reviewer.email, person=str(reviewer.pk), reply_to=[])


def _message(
    mail: Mail, entry: OutboxEntry, *, recipient: str, person: str, reply_to: list[str]
) -> EmailMultiAlternatives:
    host = urlsplit(settings.BASE_URL).hostname or "localhost"
    headers = {
        # The same however often it is sent: a mail system that gets it twice can tell.
        "Message-ID": f"<{entry.id}@{host}>",
        **_thread(entry, person, host),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": mail.language,
    }
    message = EmailMultiAlternatives(
        mail.subject, mail.text, settings.DEFAULT_FROM_EMAIL, [_address(recipient)], headers=headers, reply_to=reply_to
    )
    message.attach_alternative(mail.html, "text/html")
    return message


def _thread(entry: OutboxEntry, person: str, host: str) -> dict[str, str]:
    """What holds all mails about a request together in a mail program; nothing for one that is about none."""
    if entry.request_id is None:
        return {}
    root = f"<{entry.request_id}.{person}@{host}>"
    return {"In-Reply-To": root, "References": root}


def _address(typed: str) -> str:
    """The address as a header takes it: a local part with a comma in it is quoted and stays one address."""
    local, _at, domain = typed.strip().rpartition("@")
    if not local.isascii():
        raise Never("address_not_ascii", "The part of the address before the @ has letters that mail cannot carry.")
    try:
        return str(Address(username=local, domain=domain.encode("idna").decode("ascii")))
    except (ValueError, IndexError) as error:
        raise Never("address_unusable", "Mail cannot be sent to this address.") from error


def _is_address(contact: str) -> bool:
    try:
        validate_email(contact)
    except ValidationError:
        return False
    return True
