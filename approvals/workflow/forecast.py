"""What approving would do: what a look into the tenant found, and having it looked into again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from approvals import outbox
from approvals.errors import LookedJustNow, NotAllowed, NothingToForesee
from approvals.models import Forecast, SignUpRequest

if TYPE_CHECKING:
    from accounts.models import User

LOOK = "tenant.look"
APART = timedelta(seconds=30)
"""Two looks for one request lie at least so far apart, however often somebody asks."""


def record_forecast(request_id: UUID, *, code: str, facts: dict[str, Any], at: datetime) -> bool:
    """Keep what a look found that began at `at`. `facts` hold ids, codes and times, no addresses.

    False, with nothing changed, when the request is not pending any more or a later look is there. The second time
    it says the same.
    """
    found = {"code": code, "facts": facts, "at": at, "asked_at": None}
    with transaction.atomic(durable=True):
        if not SignUpRequest.objects.filter(pk=request_id, status=SignUpRequest.Status.PENDING).exists():
            return False
        older = Forecast.objects.filter(Q(at__lte=at) | Q(code=""), pk=request_id)
        if older.update(**found) or Forecast.objects.get_or_create(pk=request_id, defaults=found)[1]:
            return True
        # Another look has just written the first row, and it may be the older one.
        return older.update(**found) == 1


def look_again(request_id: UUID, *, actor: User | None) -> None:
    """Have a worker look into the tenant anew, now. There is never more than one look queued for a request.

    Raises NotAllowed, NothingToForesee when the request is not pending, or LookedJustNow (also the second time).
    """
    with transaction.atomic(durable=True):
        request = SignUpRequest.objects.select_related("flow").get(pk=request_id)
        if actor is not None and not request.flow.is_reviewed_by(actor):
            raise NotAllowed
        if request.status != SignUpRequest.Status.PENDING:
            raise NothingToForesee
        now = timezone.now()
        if not _mark_as_asked(request, now):
            raise LookedJustNow
        _enqueue(request, actor, now)


def expect_change(request: SignUpRequest, *, actor: User | None) -> None:
    """What was found before may be true no longer: look again, within the caller's transaction."""
    now = timezone.now()
    Forecast.objects.filter(request=request).update(asked_at=now)
    _enqueue(request, actor, now)


def _mark_as_asked(request: SignUpRequest, now: datetime) -> bool:
    """Whether nobody has asked or looked within APART. The database decides between two who press at once."""
    long_ago = now - APART
    old = Forecast.objects.filter(Q(at__lte=long_ago) | Q(code=""), Q(asked_at=None) | Q(asked_at__lte=long_ago))
    if old.filter(pk=request.pk).update(asked_at=now):
        return True
    # A row without a code: asked for, and nothing found yet.
    asked = {"code": "", "at": now, "asked_at": now}
    return Forecast.objects.get_or_create(pk=request.pk, defaults=asked)[1]


def _enqueue(request: SignUpRequest, actor: User | None, now: datetime) -> None:
    if not outbox.hasten(LOOK, request):
        outbox.enqueue(LOOK, request=request, actor=actor, once=f"look:{request.pk}:{now.timestamp()}")
