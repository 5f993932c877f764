"""The credentials that were good a moment ago, with their flows, so that a call need not look them up.

A revocation and a change of a flow hold after SECONDS in every process, a revocation in the process that does it at once.
Only what was found is kept: a wrong user name is looked up each time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
from django.db import DatabaseError

if TYPE_CHECKING:
    from connector.models import ConnectorCredential

log = structlog.get_logger(__name__)

SECONDS = 5.0
MOST = 1000

LookUp = Callable[[str, str | None], "ConnectorCredential | None"]
_found: dict[tuple[str, str | None], tuple[float, ConnectorCredential]] = {}


def find(username: str, flow_slug: str | None, look_up: LookUp) -> ConnectorCredential | None:
    """The live credential of that flow; as it was at most SECONDS ago, but for its time of expiry."""
    until, credential = _found.get((username, flow_slug), (0.0, None))
    if credential is None or until < time.monotonic():
        credential = look_up(username, flow_slug)
        if credential is None:
            return None
        _note_use(credential)
        _keep((username, flow_slug), credential)
    return credential if credential.opens_now() else None


def forget(username: str) -> None:
    """Look this user name up the next time."""
    for key in [key for key in list(_found) if key[0] == username]:
        _found.pop(key, None)


def _keep(key: tuple[str, str | None], credential: ConnectorCredential) -> None:
    if len(_found) >= MOST:
        _found.clear()
    _found[key] = (time.monotonic() + SECONDS, credential)


def _note_use(credential: ConnectorCredential) -> None:
    """Note the use, which is no reason to turn an applicant away."""
    try:
        credential.note_use()
    except DatabaseError as error:
        log.warning("use_not_noted", error=type(error).__name__)
