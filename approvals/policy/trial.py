"""Trying a policy on a sign-up that nobody made: what the connector would read, and what it would answer.

The connector's formats are its own. It is reached by the paths in settings.POLICY_CLAIMS_READER and POLICY_ANSWER_WRITER.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django.conf import settings
from django.utils.module_loading import import_string

from approvals.applicant import Applicant
from approvals.models import UserFlow
from approvals.policy.engine import Step, Verdict
from approvals.policy.rules import Policy


@dataclass(frozen=True)
class Answer:
    """What Entra would get: the HTTP status and the JSON."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True)
class Read:
    """What a claim set says. `answer` is there when it settles the matter before a rule is asked.

    Without an applicant the claims cannot be used, and `code` says why.
    """

    applicant: Applicant | None
    answer: Answer | None = None
    code: str = ""


@dataclass(frozen=True)
class Tried:
    """A verdict, all things considered; no answer while that depends on a verification."""

    verdict: Verdict
    answer: Answer | None


def read_claims(flow: UserFlow, body: Any, step: Step) -> Read:
    """What the connector makes of a claim set of Entra's, whatever that is."""
    reader = cast("Callable[..., Read]", import_string(settings.POLICY_CLAIMS_READER))
    return reader(flow, body, step)


def tried(flow: UserFlow, policy: Policy, verdict: Verdict, language: str, *, step: Step, verified: str = "") -> Tried:
    """What the connector makes of a verdict; `verified` is what a verification said before, if one was asked."""
    writer = cast("Callable[..., Tried]", import_string(settings.POLICY_ANSWER_WRITER))
    return writer(flow, policy, verdict, language, step=step, verified=verified)
