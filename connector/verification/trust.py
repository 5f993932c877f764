"""Whom a call trusts, and what it shows of itself: certificates from the settings, as PEM text."""

from __future__ import annotations

import ssl
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from connector.verification.base import NoAnswer


@lru_cache(maxsize=16)
def trust(authorities: str = "", certificate: str = "", key: str = "") -> ssl.SSLContext:
    """TLS that trusts these authorities, else the system's, and shows this certificate, if any.

    Raises NoAnswer, with the code certificates_unusable, when they cannot be read.
    """
    try:
        context = ssl.create_default_context(cadata=authorities or None)
        if certificate:
            _show(context, certificate, key)
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        raise NoAnswer("certificates_unusable") from None
    return context


def _show(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Load the certificate with its key. Python reads them from files alone: these are ours and gone at once."""
    with TemporaryDirectory(prefix="foyer-") as folder:
        both = Path(folder) / "both.pem"
        both.touch(mode=0o600)
        both.write_text(f"{certificate}\n{key}\n")
        # A key with a password is refused; without an answer of ours it would be asked for at the terminal.
        context.load_cert_chain(both, password="")
