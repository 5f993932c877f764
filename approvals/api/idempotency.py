"""Idempotency keys: a caller that got no answer may call again, and the deed is done once.

A key that is done is answered as success with the request as it is by then. A refused call changed nothing and leaves
its key unused. Keys are forgotten after a day.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request

from approvals.models import IdempotencyKey

if TYPE_CHECKING:
    from accounts.models import User

HEADER = "Idempotency-Key"
KEPT = timedelta(days=1)
# A call that began so long ago and did not end was cut off: no deed takes seconds.
CUT_OFF_AFTER = timedelta(minutes=1)
_USABLE = re.compile(r"[\x21-\x7e]{1,128}")


class KeyReused(APIException):
    """The key has been used for something else."""

    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = "This Idempotency-Key was sent with another call. Nothing was done."


class KeyInUse(APIException):
    """The first call with the key has not ended."""

    status_code = 409
    default_code = "idempotency_key_in_use"
    default_detail = "A call with this Idempotency-Key is under way. Ask again in a moment."


def key_of(request: Request) -> str | None:
    """The caller's key, if any. Raises ValidationError for one that is empty, too long or not printable ASCII."""
    key = request.headers.get(HEADER)
    if key is not None and not _USABLE.fullmatch(key):
        raise ValidationError({HEADER: ["A key has 1 to 128 printable ASCII characters and no space."]})
    return key


def fingerprint(path: str, body: dict[str, Any]) -> str:
    """What a call asks for: equal for equal calls, however their JSON is written."""
    return hashlib.sha256(json.dumps([path, body], sort_keys=True).encode()).hexdigest()


@contextmanager
def once(user: User, key: str | None, asked: str) -> Iterator[bool]:
    """Whether the deed is still to be done; it is then done in the body of `with`.

    Raises KeyReused and KeyInUse. A deed that raises leaves the key unused.
    """
    if key is None:
        yield True
        return
    row = _reserve(user, key, asked)
    if row.done_at is not None:
        yield False
        return
    try:
        yield True
    except BaseException:
        row.delete()
        raise
    IdempotencyKey.objects.filter(pk=row.pk).update(done_at=timezone.now())


def _reserve(user: User, key: str, asked: str) -> IdempotencyKey:
    now = timezone.now()
    IdempotencyKey.objects.filter(started_at__lt=now - KEPT).delete()
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(user=user, key=key, fingerprint=asked, started_at=now)
    except IntegrityError:
        return _take_up(user, key, asked)


def _take_up(user: User, key: str, asked: str) -> IdempotencyKey:
    """The row of an earlier call with the key, when this call may go on from it."""
    row = IdempotencyKey.objects.filter(user=user, key=key).first()
    if row is None:
        raise KeyInUse
    if row.fingerprint != asked:
        raise KeyReused
    if row.done_at is not None:
        return row
    now = timezone.now()
    cut_off = IdempotencyKey.objects.filter(pk=row.pk, done_at=None, started_at__lt=now - CUT_OFF_AFTER)
    if cut_off.update(started_at=now) != 1:
        raise KeyInUse
    return row
