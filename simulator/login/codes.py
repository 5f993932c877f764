"""Authorization codes: handed out once, redeemed once, within ten minutes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass

from simulator.login.refusals import LoginError

LIFETIME = 600


@dataclass
class Grant:
    """What a code stands for."""

    person_id: str
    redirect_uri: str
    nonce: str | None
    challenge: str | None
    expires: float
    redeemed: bool = False


class Codes:
    """Codes that were handed out; forgotten at a restart."""

    def __init__(self) -> None:
        self._grants: dict[str, Grant] = {}

    def issue(self, person_id: str, question: Mapping[str, str]) -> str:
        """A code for the authorize request `question`."""
        code = secrets.token_urlsafe(32)
        self._grants[code] = Grant(
            person_id=person_id,
            redirect_uri=question["redirect_uri"],
            nonce=question.get("nonce"),
            challenge=question.get("code_challenge"),
            expires=time.monotonic() + LIFETIME,
        )
        return code

    def redeem(self, form: Mapping[str, str]) -> Grant:
        """The grant of the form's code; raises LoginError, also the second time."""
        grant = self._grants.get(form.get("code", ""))
        if grant is None:
            raise LoginError(70000)
        if grant.redeemed:
            raise LoginError(54005)
        if time.monotonic() > grant.expires:
            raise LoginError(70008)
        if form.get("redirect_uri") != grant.redirect_uri:
            raise LoginError(50011, error="invalid_grant")
        if grant.challenge and not _proves(form.get("code_verifier", ""), grant.challenge):
            raise LoginError(501481)
        grant.redeemed = True
        return grant


def _proves(verifier: str, challenge: str) -> bool:
    digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    return hmac.compare_digest(digest, challenge)
