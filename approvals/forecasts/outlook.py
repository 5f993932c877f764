"""What a reader is told of a request that waits: what was found, when, and whether a worker is about to look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from approvals.forecasts.codes import TONES, Code, Tone
from approvals.forecasts.words import words_for
from approvals.models import Forecast, SignUpRequest, UserFlow

STALE_AFTER = timedelta(hours=24)
LOOKING_FOR = timedelta(minutes=2)
"""When no worker has looked after so long, there may be none: nobody is kept waiting for it."""


@dataclass(frozen=True)
class Outlook:
    """`code` is empty as long as nobody has looked; `advice` is what to do next, or empty; `at` is when the look began."""

    code: str
    tone: Tone
    sentence: str
    advice: str = ""
    at: datetime | None = None
    is_looking: bool = False
    is_stale: bool = False

    @property
    def may_look(self) -> bool:
        """Whether looking can tell anything: not where Entra makes the guest itself."""
        return self.code != Code.ON_RETURN


def outlook_of(request: SignUpRequest) -> Outlook | None:
    """What approving this request would do, as far as it is known; None when it is decided. Loads its forecast at most."""
    if request.status != SignUpRequest.Status.PENDING:
        return None
    if request.flow.provisioning == UserFlow.Provisioning.ON_RETURN:
        # Nothing has to be looked for: Foyer does nothing in the tenant.
        return _told(request, Code.ON_RETURN, None)
    forecast: Forecast | None = getattr(request, "forecast", None)
    is_looking = _is_looking(request, forecast)
    # A look from before the flow was changed has nothing to say any more.
    if forecast is None or forecast.code not in list(Code) or forecast.code == Code.ON_RETURN:
        return Outlook("", Tone.UNKNOWN, _not_looked(is_looking=is_looking), is_looking=is_looking)
    return _told(request, Code(forecast.code), forecast, is_looking=is_looking)


def _told(request: SignUpRequest, code: Code, forecast: Forecast | None, *, is_looking: bool = False) -> Outlook:
    facts, at = (forecast.facts, forecast.at) if forecast else ({}, None)
    sentence, advice = words_for(code, request, facts, at)
    is_stale = at is not None and timezone.now() - at > STALE_AFTER
    return Outlook(code, TONES[code], sentence, advice, at, is_looking, is_stale)


def _is_looking(request: SignUpRequest, forecast: Forecast | None) -> bool:
    asked_at = forecast.asked_at if forecast else request.submitted_at
    return asked_at is not None and timezone.now() - asked_at < LOOKING_FOR


def _not_looked(*, is_looking: bool) -> str:
    if is_looking:
        return _("Looking into the tenant…")
    return _("Foyer has not looked into the tenant for this request yet.")
