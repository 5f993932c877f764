"""The sign-up pages: choose a way in, fill in the attribute page, and see what Entra would show."""

from __future__ import annotations

from simulator.sign_up import SignUp

LIMIT = 500


class SignUps:
    """Sign-ups that are under way; forgotten at a restart, the oldest first."""

    def __init__(self) -> None:
        self._running: dict[str, SignUp] = {}

    def add(self, run: SignUp) -> None:
        """Remember one."""
        self._running[run.id] = run
        while len(self._running) > LIMIT:
            del self._running[next(iter(self._running))]

    def get(self, key: str) -> SignUp | None:
        """One by id."""
        return self._running.get(key)
