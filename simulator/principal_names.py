"""Names and addresses: what Entra makes of an address, and which it takes at all."""

from __future__ import annotations

import hashlib
import re

_NOT_IN_PRINCIPAL_NAME = re.compile(r"[^A-Za-z0-9'.\-_!#^~]")
_PRINCIPAL_NAME = re.compile(r"[A-Za-z0-9'.\-_!#^~]{1,64}@[A-Za-z0-9.\-]{1,48}")
_NOT_IN_INVITED_ADDRESS = set('~!#$%^&*()+=[]{}\\/|;:"<>?,')
_SUFFIX = "#EXT#"
_LONGEST_LOCAL_PART = 64


def external_principal_name(address: str, domain: str) -> str:
    """The name Entra itself gives a guest: `user_domain#EXT#@tenant`, within the 64 characters it may have."""
    local = _NOT_IN_PRINCIPAL_NAME.sub("_", address.replace("@", "_"))
    room = _LONGEST_LOCAL_PART - len(_SUFFIX)
    if len(local) > room:
        digest = hashlib.sha256(address.lower().encode()).hexdigest()[:8]
        local = f"{local[: room - 9]}_{digest}"
    return f"{local}{_SUFFIX}@{domain}"


def is_principal_name(name: str) -> bool:
    """Whether the directory takes `name` as a userPrincipalName (its domain apart)."""
    return bool(_PRINCIPAL_NAME.fullmatch(name)) and ".@" not in name


def is_mail_address(address: str) -> bool:
    """Whether `mail` may hold it: one @, something on both sides, no accents."""
    local, at, domain = address.partition("@")
    plain = address.isascii() and address.isprintable() and " " not in address
    return bool(local and at and domain) and "@" not in domain and plain


def may_be_invited(address: str) -> bool:
    """Whether the invitation manager takes the address at all."""
    local, _, domain = address.partition("@")
    if not is_mail_address(address) or _NOT_IN_INVITED_ADDRESS & set(address) or "." not in domain:
        return False
    return local[0] not in ".-" and local[-1] not in ".-"
