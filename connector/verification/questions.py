"""Each question's row: written by whoever may ask it, read by all who would. The database is the referee.

A question is an applicant of a flow with the same inputs. Two calls with it at once, Entra's repetition of one, and a
second submit of the same form all meet at the row, and the service is paid once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals.models import SignUpRequest, UserFlow, Verification
from connector.verification.base import Answer, Outcome
from connector.verification.sealing import digests

OPEN = (Outcome.ASKING, Outcome.UNAVAILABLE)
STALE_AFTER = timedelta(seconds=60)
"""When somebody who began to ask has died, for no call may take so long."""


@dataclass(frozen=True)
class Question:
    """What is asked about. `inputs` are keyed hashes of it, by the present key first."""

    flow: UserFlow
    applicant_key: str
    vendor: str
    inputs: tuple[str, ...]


def find(question: Question) -> Verification | None:
    """The question's row."""
    rows = Verification.objects.filter(flow=question.flow, applicant_key=question.applicant_key)
    return rows.filter(inputs__in=question.inputs).order_by("-at").first()


def claim(question: Question, known: Verification | None) -> Verification | None:
    """The row, in the hands of the caller, who is to ask now and to `conclude`; None when somebody else has it.

    `known` is the row as it was found. A service that could not say is asked again, and so is one whose caller has died.
    """
    if known is None:
        return _insert(question)
    if not _may_be_asked_again(known):
        return None
    now = timezone.now()
    with transaction.atomic(durable=True):
        unchanged = Verification.objects.filter(pk=known.pk, outcome=known.outcome, at=known.at)
        if unchanged.update(outcome=Outcome.ASKING, vendor=question.vendor, at=now) != 1:
            return None
    known.outcome, known.at = Outcome.ASKING, now
    return known


def conclude(row: Verification, answer: Answer) -> Answer:
    """Keep what came of asking; what is kept now.

    The first conclusive answer stays, also when its caller was taken for dead meanwhile. “Could not say” is kept by the
    one alone who has the row.
    """
    open_ones = Verification.objects.filter(pk=row.pk)
    if answer.is_conclusive:
        open_ones = open_ones.filter(outcome__in=OPEN)
    else:
        open_ones = open_ones.filter(outcome=Outcome.ASKING, at=row.at)
    with transaction.atomic(durable=True):
        kept = open_ones.update(
            outcome=answer.outcome,
            vendor_reference=answer.reference,
            reasons=list(answer.reasons),
            at=timezone.now(),
        )
    if kept == 1:
        return answer.kept_in(row.pk)
    return answer_of(Verification.objects.get(pk=row.pk))


def answer_of(row: Verification) -> Answer:
    """The answer that a row keeps; while it is being asked, that it cannot say."""
    if row.outcome == Outcome.ASKING:
        return Answer.unavailable("being_asked").kept_in(row.pk)
    return Answer(Outcome(row.outcome), row.vendor_reference, tuple(row.reasons), row.pk)


def record_unavailable(request: SignUpRequest, vendor: str, code: str) -> Verification:
    """The newest row of a request without a conclusive answer, which now says that nobody will ask any more, and why."""
    with transaction.atomic(durable=True):
        open_rows = Verification.objects.filter(request=request, outcome__in=OPEN)
        row = open_rows.order_by("at").last()
        if row is None:
            row = Verification(request=request, flow=request.flow, applicant_key=request.applicant_key, vendor=vendor)
            row.inputs = digests({"kind": vendor, "request": str(request.pk)})[0]
        row.outcome, row.reasons, row.at = Outcome.UNAVAILABLE, [code], timezone.now()
        row.save()
    return row


def facts(answer: Answer, vendor: str) -> dict[str, Any]:
    """What the audit trail gets of an answer: codes."""
    return {
        "vendor": vendor,
        "outcome": str(answer.outcome),
        "reference": answer.reference,
        "reasons": list(answer.reasons),
    }


def _insert(question: Question) -> Verification | None:
    row = Verification(
        flow=question.flow,
        applicant_key=question.applicant_key,
        vendor=question.vendor,
        inputs=question.inputs[0],
        at=timezone.now(),
    )
    try:
        with transaction.atomic(durable=True):
            row.save(force_insert=True)
    except IntegrityError:
        return None
    return row


def _may_be_asked_again(row: Verification) -> bool:
    if row.outcome == Outcome.ASKING:
        return timezone.now() - row.at > STALE_AFTER
    return row.outcome == Outcome.UNAVAILABLE
