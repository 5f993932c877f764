"""The outbox's work on a request: to count it, and to keep the hints that a reviewer is shown."""

from __future__ import annotations

from uuid import UUID

from approvals.errors import Later
from approvals.hints.counting import count, count_let_in, is_let_in
from approvals.hints.looking import look
from approvals.models import OutboxEntry, SignUpRequest

ATTEMPTS = 3


def examine_request(entry: OutboxEntry) -> None:
    """A request came in, or has new answers: see `examine`. Raises Later."""
    examine(_request_id(entry))


def note_let_in(entry: OutboxEntry) -> None:
    """Somebody was let in: their domain is a known partner's from now on, unless it is a mail service's. Raises Later."""
    request = SignUpRequest.objects.filter(pk=_request_id(entry)).first()
    if request is not None and is_let_in(request):
        count_let_in(request)


def examine(request_id: UUID) -> None:
    """Count the request among those of its domain, look at it, and keep the hints with it.

    Safe to run twice, and by two at once: it counts once, and the hints are those of the answers that the request has.
    Nothing when there is no such request. Raises Later when it changes all the time.
    """
    for _attempt in range(ATTEMPTS):
        request = SignUpRequest.objects.select_related("flow").filter(pk=request_id).first()
        if request is None or _keep_hints(request):
            return
    raise Later("request_changes")


def _keep_hints(request: SignUpRequest) -> bool:
    """Whether the request was still what was looked at."""
    count([request])
    hints = look(request.flow, request.applicant, before=request.submitted_at)
    stored = [{"code": hint.code, "facts": hint.facts} for hint in hints]
    seen = SignUpRequest.objects.filter(pk=request.pk, version=request.version)
    return seen.update(hints=stored) == 1


def _request_id(entry: OutboxEntry) -> UUID:
    if entry.request_id is None:
        raise ValueError("this work is always about a request")
    return entry.request_id
