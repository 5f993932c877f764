"""What the policy and the verification service said of a request, for those who read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from approvals.models import PolicyEvaluation, SignUpRequest, Verification
from approvals.policy.words import Row, explain

MOST = 50


@dataclass(frozen=True)
class Evaluated:
    """One evaluation: one sentence for what followed, and a row for each rule that was asked of version `number`."""

    at: datetime
    step: str
    number: int
    outcome: str
    sentence: str
    rows: tuple[Row, ...]


def evaluations_of(sign_up: SignUpRequest) -> list[Evaluated]:
    """The newest evaluations of a request, newest first, whatever version of Foyer stored them. One query."""
    stored = PolicyEvaluation.objects.filter(request=sign_up).select_related("version").defer("version__document")
    return [_evaluated(each) for each in stored.order_by("-at", "-id")[:MOST]]


def _evaluated(stored: PolicyEvaluation) -> Evaluated:
    explained = explain(stored)
    step = str(stored.get_step_display())
    return Evaluated(stored.at, step, stored.version.number, stored.outcome, explained.sentence, explained.rows)


@dataclass(frozen=True)
class Verified:
    """One answer of a verification service. `codes` are its own."""

    at: datetime
    vendor: str
    outcome: str
    words: str
    reference: str
    codes: tuple[str, ...]


def verifications_of(sign_up: SignUpRequest) -> list[Verified]:
    """The newest verifications of a request, newest first. One query."""
    stored = Verification.objects.filter(request=sign_up).order_by("-at", "-id")[:MOST]
    return [_verified(each) for each in stored]


def _verified(stored: Verification) -> Verified:
    codes = tuple(map(str, stored.reasons)) if isinstance(stored.reasons, list) else ()
    told = str(stored.get_outcome_display())
    if codes and all(code.startswith("missing.") for code in codes):
        told = _("Not asked: the applicant did not give what the service needs")
    return Verified(stored.at, stored.vendor, stored.outcome, told, stored.vendor_reference, codes)
