"""What a setting of a service may be. Each check returns the value as it is kept, or raises ValidationError."""

from __future__ import annotations

import re
import ssl
from ipaddress import ip_address
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

LONGEST_ADDRESS = 500
LONGEST_WORD = 200
_APPLICATION_ID = re.compile(r"[0-9a-f]{32}")


def address(value: str) -> str:
    """An https address; plain http only to this machine, for a server that one tries things with."""
    try:
        parts = urlsplit(value)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        raise ValidationError(_("Enter an address that begins with https://.")) from None
    plain = parts.scheme == "http" and _is_this_machine(host)
    if not host or not (plain or parts.scheme == "https") or not _is_plain(value) or len(value) > LONGEST_ADDRESS:
        raise ValidationError(_("Enter an address that begins with https://."))
    if parts.username or parts.password or parts.fragment:
        raise ValidationError(_("The address must not hold a user name, a password or a “#”."))
    return value


def word(value: str) -> str:
    """A value without white space or control characters inside it, and not too long."""
    if len(value) > LONGEST_WORD or not value.isprintable():
        raise ValidationError(_("Use at most %(limit)s characters, in one line.") % {"limit": LONGEST_WORD})
    return value


def application_id(value: str) -> str:
    """The id that the tenant's custom attributes carry in their names: 32 hexadecimal digits; dashes may stand in it."""
    digits = value.replace("-", "").lower()
    if not _APPLICATION_ID.fullmatch(digits):
        raise ValidationError(_("Enter the application's id: 32 hexadecimal digits."))
    return digits


def authorities(value: str) -> str:
    """PEM certificates of authorities."""
    try:
        ssl.create_default_context(cadata=value)
    except (ssl.SSLError, ValueError):
        raise ValidationError(_("Enter certificates in PEM format.")) from None
    return value


def certificate(value: str) -> str:
    """A PEM certificate, with those that it was issued by after it."""
    _read_certificate(value)
    return value


def private_key(value: str) -> str:
    """A PEM private key without a password."""
    _read_key(value)
    return value


def belong_together(certificate: str, key: str) -> None:
    """Whether the key is the certificate's. Raises ValidationError."""
    of_certificate = _read_certificate(certificate).public_key()
    of_key = _read_key(key).public_key()
    form = Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    if of_certificate.public_bytes(*form) != of_key.public_bytes(*form):
        raise ValidationError(_("The private key is not the certificate's."))


def _read_certificate(value: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificates(value.encode())[0]
    except (ValueError, UnicodeEncodeError):
        raise ValidationError(_("Enter a certificate in PEM format.")) from None


def _read_key(value: str) -> PrivateKeyTypes:
    try:
        return load_pem_private_key(value.encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it has a password
        raise ValidationError(_("Enter a private key in PEM format, without a password.")) from None


def _is_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable() and " " not in value
