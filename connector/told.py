"""What the applicant is told in Entra's pages."""

from __future__ import annotations

from collections.abc import Iterable

from approvals.models import UserFlow
from approvals.policy.engine import Correction, Verdict
from approvals.texts import block_text, date_text, filled_text, validation_text
from approvals.workflow import Standing
from approvals.workflow.submission import Kind
from connector.claims import Correctable

LONGEST_MESSAGE = 300


def to_correct(flow: UserFlow, corrections: tuple[Correctable, ...], language: str) -> str:
    """What to mend, as many sentences as fit."""
    return _as_many_as_fit(
        validation_text(
            flow,
            problem.code,
            language,
            field=problem.field,
            limit="" if problem.limit is None else str(problem.limit),
        )
        for problem in corrections
    )


def to_correct_by_policy(flow: UserFlow, corrections: Iterable[Correction], language: str) -> str:
    """The rules' own texts; where a rule has none, that the value should be checked."""
    return _as_many_as_fit(
        filled_text(flow, correction.texts.choose(language, flow.language))
        or validation_text(flow, "wrong_form", language, field=correction.attribute)
        for correction in corrections
    )


def refusal(flow: UserFlow, verdict: Verdict, language: str, reference: str) -> str:
    """The rule's own text, or that the sign-up cannot be accepted."""
    own = filled_text(flow, verdict.texts.choose(language, flow.language), reference=reference)
    return own or block_text(flow, "refused", language, reference=reference)


def not_verified(flow: UserFlow, language: str) -> str:
    """That the details could not be confirmed. Our own words: the service's are not for the applicant."""
    return block_text(flow, "not_verified", language)


def _as_many_as_fit(sentences: Iterable[str]) -> str:
    told = ""
    for sentence in sentences:
        if told and len(told) + len(sentence) >= LONGEST_MESSAGE:
            break
        told = f"{told} {sentence}".strip()
    return told


def of(flow: UserFlow, standing: Standing, language: str) -> str:
    """The block page's text for where the applicant stands."""
    request, key, values = standing.request, standing.kind.value, dict[str, str]()
    if request is not None:
        values = {"reference": request.reference, "since": date_text(request.submitted_at, language)}
    if standing.kind is Kind.DENIED and request is not None:
        values["reason"] = request.reason
        again = request.may_ask_again_at()
        if again is not None:
            key, values["date"] = "denied_may_reapply", date_text(again, language)
    return block_text(flow, key, language, **values)
