"""Settings of a service at rest: encrypted and authenticated (Fernet) with a key that follows from SECRET_KEY.

SECRET_KEY_FALLBACKS open what was sealed before SECRET_KEY was replaced; whatever is saved anew is sealed with the new one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

SEALING = b"foyer: settings of a verification service"
ASKING = b"foyer: what a verification service was asked"


class SealBroken(Exception):
    """The text was not sealed here, was changed since, or its key is gone."""


class Unsealed(dict[str, str]):
    """Settings in the clear, which show their names alone."""

    def __repr__(self) -> str:
        return f"<settings: {', '.join(self)}>"


def seal(values: Mapping[str, str]) -> str:
    """The settings as a text that only this installation can read."""
    return _fernet().encrypt(json.dumps(dict(values)).encode()).decode()


def unseal(text: str) -> Unsealed:
    """What was sealed. Raises SealBroken."""
    try:
        values = json.loads(_fernet().decrypt(text.encode()))
    except (InvalidToken, ValueError):
        raise SealBroken from None
    if not isinstance(values, dict):
        raise SealBroken
    return Unsealed(values)


def reseal(text: str) -> str:
    """The same settings, sealed with the present key. Raises SealBroken."""
    try:
        return _fernet().rotate(text.encode()).decode()
    except (InvalidToken, ValueError):
        raise SealBroken from None


def digests(value: Any) -> list[str]:
    """A keyed hash of a JSON value, by the present key first, then by earlier ones: 64 hex digits each."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
    return [hmac.new(key, text, hashlib.sha256).hexdigest() for key in _keys(ASKING)]


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in _keys(SEALING)])


def _keys(purpose: bytes) -> list[bytes]:
    """A key of its own for each purpose, from each secret key (RFC 5869)."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [HKDF(SHA256(), length=32, salt=None, info=purpose).derive(secret.encode()) for secret in secrets]
