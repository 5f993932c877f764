"""The secrets of the registered application: one is good at most, and those before it have expired."""

from __future__ import annotations

import hmac


class ClientSecrets:
    """What an administrator made in the app registration; forgotten at a restart, when the first one is good again."""

    def __init__(self, first: str) -> None:
        self._first = first
        self._good: str | None = first
        self._expired: list[str] = []

    def is_good(self, secret: str) -> bool:
        """Whether it is the one of today."""
        return self._good is not None and _equal(secret, self._good)

    def has_expired(self, secret: str) -> bool:
        """Whether it was good once."""
        return any(_equal(secret, each) for each in self._expired)

    def replace(self, secret: str | None) -> None:
        """Let the present one expire, with a new one in its place or None."""
        if self._good is not None:
            self._expired.append(self._good)
        self._good = secret

    def clear(self) -> None:
        """As it was at the start."""
        self._good, self._expired = self._first, []


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
