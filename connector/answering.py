"""What Entra would send and get, for whoever tries a policy: read and answered as at the endpoints, with nothing recorded."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from django.utils import timezone

from approvals.languages import choose_language
from approvals.models import SignUpRequest, UserFlow, Verification
from approvals.policy.engine import Outcome, Step, Verdict
from approvals.policy.rules import Policy
from approvals.policy.trial import Answer, Read, Tried
from approvals.texts import block_text
from connector import by_policy, judging, told
from connector.claims import Unusable, locales_of, parse
from connector.responses import ConnectorAnswer, ShowBlockPage, ValidationError

# Of a request that is not there.
REFERENCE = "K7Q-4MD9"


def read_claims(flow: UserFlow, body: Any, step: Step) -> Read:
    """What a claim set says, with the answer when it cannot be used, or when the form's values must be mended first."""
    try:
        sign_up = parse(body)
    except Unusable as error:
        locales = locales_of(body.get("ui_locales")) if isinstance(body, dict) else ()
        message = block_text(flow, "problem", choose_language(locales, flow.language), code=error.code)
        return Read(None, _as_sent(ShowBlockPage(message)), error.code)
    if not sign_up.corrections or step is Step.CHECK_STATUS:
        return Read(sign_up.applicant)
    language = choose_language(sign_up.applicant.locales, flow.language)
    message = told.to_correct(flow, sign_up.corrections, language)
    return Read(sign_up.applicant, _as_sent(ValidationError(message)))


def preview(
    flow: UserFlow, policy: Policy, verdict: Verdict, language: str, *, step: Step, verified: str = ""
) -> Tried:
    """The answer to a verdict for somebody who has never asked.

    After a verification, with what follows from it alone: the first failure, when there may be several. There is no answer
    while the flow's service would have to be asked first.
    """
    if verified:
        outcome = Verification.Outcome(verified)
        verdict, may_try_again = judging.all_considered(flow, policy, verdict, outcome, step, lambda: 1)
        if may_try_again:
            message = told.not_verified(flow, language)
            return Tried(replace(verdict, outcome=Outcome.CORRECT), _as_sent(ValidationError(message)))
    if verdict.outcome is Outcome.VERIFY and not judging.is_asked_later(flow):
        return Tried(verdict, None)
    nobodys = SignUpRequest(flow=flow, reference=REFERENCE, submitted_at=timezone.now())
    return Tried(verdict, _as_sent(by_policy.answer_to(flow, verdict, nobodys, language)))


def _as_sent(answer: ConnectorAnswer) -> Answer:
    return Answer(answer.status.value, json.loads(answer.body))
