"""Handing a message to the mail server, and sorting what goes wrong into *later* and *never*."""

from __future__ import annotations

import contextlib
import smtplib

from anymail.exceptions import (
    AnymailAPIError,
    AnymailInvalidAddress,
    AnymailRecipientsRefused,
    AnymailSerializationError,
    AnymailUnsupportedFeature,
)
from django.core.mail import EmailMessage, get_connection

from approvals.errors import Later, Never

# An ESP's words for “this message is wrong”; other refusals are about our account and pass when that is mended.
_MESSAGE_REFUSED = (400, 413, 422)


def send(message: EmailMessage) -> None:
    """Hand one message over. Raises Later when it may be accepted another time, Never when it will not be."""
    connection = get_connection()
    try:
        connection.open()
        connection.send_messages([message])
    except smtplib.SMTPRecipientsRefused as error:
        code, _words = next(iter(error.recipients.values()))
        raise _refused(code, "recipient_refused", "The mail server refused the recipient's address") from error
    except smtplib.SMTPDataError as error:
        raise _refused(error.smtp_code, "message_refused", "The mail server refused the message") from error
    except smtplib.SMTPResponseException as error:
        # Our sign-in, our sender address, our greeting: mended by an administrator, then all that waits goes out.
        raise Later(f"mail_server_{error.smtp_code}", f"The mail server answered {error.smtp_code}.") from error
    except AnymailRecipientsRefused as error:
        raise Never("recipient_refused", "The mail service refused the recipient's address.") from error
    except AnymailAPIError as error:
        raise _refused_by_service(error.status_code) from error
    except (AnymailInvalidAddress, AnymailSerializationError, AnymailUnsupportedFeature) as error:
        raise Never("message_refused", "The mail service cannot send this message.") from error
    except (smtplib.SMTPException, OSError) as error:
        raise Later("mail_server_unreachable", "The mail server could not be reached.") from error
    finally:
        # What was accepted stays sent, even when the good-bye fails.
        with contextlib.suppress(smtplib.SMTPException, OSError):
            connection.close()


def _refused(smtp_code: int, code: str, words: str) -> Later | Never:
    if 400 <= smtp_code < 500:
        return Later(f"mail_server_{smtp_code}", f"The mail server answered {smtp_code}.")
    return Never(code, f"{words} (SMTP {smtp_code}).")


def _refused_by_service(status: int | None) -> Later | Never:
    if status in _MESSAGE_REFUSED:
        return Never("message_refused", f"The mail service refused the message (HTTP {status}).")
    return Later(f"mail_service_{status}" if status else "mail_service_unreachable")
