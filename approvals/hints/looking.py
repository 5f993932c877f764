"""Looking at a sign-up for whatever a reviewer should know. Nothing here decides, and nothing is written."""

from __future__ import annotations

from datetime import datetime

import structlog
from django.db import InterfaceError, OperationalError

from approvals.applicant import Applicant
from approvals.hints.hint import CODES, Hint
from approvals.hints.noticing import NOTICES, Sight
from approvals.models import UserFlow

log = structlog.get_logger(__name__)


class CannotTell(Exception):
    """Not every hint could be looked for: what was found is not all there may be."""


def look(flow: UserFlow, applicant: Applicant, *, before: datetime | None = None) -> tuple[Hint, ...]:
    """The hints, those first that are worth a look. `before` leaves out whatever came then or later, itself included.

    A hint that cannot be looked for is left out and logged by its code, and the others are found all the same. Raises
    OperationalError or InterfaceError when the database is away: it may be there another time.
    """
    sight = Sight(flow, applicant, before)
    noticed = (_notice(code, sight) for code in CODES)
    return tuple(hint for hint in noticed if hint is not None)


def codes(flow: UserFlow, applicant: Applicant, *, before: datetime | None = None) -> frozenset[str]:
    """The codes alone, for rules: at most eight short queries along indexes. `before` is what it is for `look`.

    Raises CannotTell when one of them could not be looked for, for a rule may well want it not to be there.
    """
    sight = Sight(flow, applicant, before)
    try:
        found = frozenset(code for code in CODES if NOTICES[code](sight) is not None)
        is_known = sight.knows_whether_first
    except Exception as error:
        log.warning("hints_unknown", error=type(error).__name__)
        raise CannotTell from error
    if not is_known:
        raise CannotTell
    return found


def _notice(code: str, sight: Sight) -> Hint | None:
    try:
        facts = NOTICES[code](sight)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:  # noqa: BLE001 - the others are worth having; a traceback might quote the applicant
        log.warning("hint_failed", code=code, error=type(error).__name__)
        return None
    return None if facts is None else Hint(code, facts)
