"""User principal names of guests, and the addresses that cannot be invited. Pure.

Source: Graph's documentation of the user and invitation resources.
"""

from __future__ import annotations

import hashlib
import re

LONGEST_LOCAL_PART = 64
LONGEST_DOMAIN = 48
HASH_DIGITS = 8
SUFFIX = "#EXT#"

# The rest of what a principal name may hold (`! # ^ ~`) says nothing here, and `#` would look like the suffix.
_UNUSABLE = re.compile(r"[^A-Za-z0-9'._-]")
_NOT_INVITABLE = frozenset('~!#$%^&*()+=[]{}\\/|;:"<>?,')


def principal_name(address: str, domain: str, *, distinct: str = "") -> str:
    """A guest's name as Entra writes them: `john_fabrikam.com#EXT#@contoso.onmicrosoft.com`.

    At most 64 characters before the @. Where a character had to be replaced or the rest cut off, a short hash of the
    address follows, so that two addresses get two names. `distinct` is hashed in for a name other than the usual one.
    Raises ValueError for no domain or one over 48 characters.
    """
    if not domain or len(domain) > LONGEST_DOMAIN:
        raise ValueError(domain)
    address = address.strip().lower()
    local, _, host = address.rpartition("@")
    readable = f"{_UNUSABLE.sub('_', local)}_{_UNUSABLE.sub('_', host)}"
    room = LONGEST_LOCAL_PART - len(SUFFIX)
    if distinct or readable != f"{local}_{host}" or len(readable) > room:
        digest = hashlib.sha256(f"{address}\n{distinct}".encode()).hexdigest()[:HASH_DIGITS]
        readable = f"{readable[: room - HASH_DIGITS - 1]}_{digest}"
    return f"{readable}{SUFFIX}@{domain}"


def characters_not_invitable(address: str) -> str:
    """The characters for which Graph's documented rule refuses to invite an address; empty when it may be invited.

    Apostrophes are not among them: the documentation contradicts itself there, so Graph is asked.
    """
    local, _, _host = address.rpartition("@")
    refused = {c for c in address if c in _NOT_INVITABLE or not c.isascii()}
    refused |= {c for c in (local[:1], local[-1:]) if c and c in ".-"}
    return "".join(sorted(refused))


def has_accents(address: str) -> bool:
    """Whether the directory's `mail` cannot hold the address."""
    return not address.isascii()
