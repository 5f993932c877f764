"""*Try it*: what a version would say of a sign-up, rule by rule, and the answer that Entra would get. Nothing is kept."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from approvals.applicant import Applicant
from approvals.languages import choose_language
from approvals.models import PolicyVersion, UserFlow
from approvals.policy import words
from approvals.policy.engine import Facts, Step, evaluate
from approvals.policy.in_force import domain_sets, readable
from approvals.policy.rules import Policy
from approvals.policy.trial import Answer, Tried, read_claims, tried
from approvals.review.policy.access import Shown, numbers_of, shown, version_of, whole_number
from approvals.review.policy.try_form import ANSWERED, TryForm

BAD_REQUEST = 400


@dataclass(frozen=True)
class Told:
    """What would happen, in a sentence and rule by rule, and what Entra would get; `status` is 0 while that depends on a
    verification. `after` is the verification's outcome that it follows from.
    """

    sentence: str
    rows: tuple[words.Row, ...] = ()
    status: int = 0
    json: str = ""
    after: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def try_page(request: HttpRequest, slug: str) -> HttpResponse:
    """The form, and below it what would happen. A POST, for claims do not belong into an address; it changes nothing."""
    of = shown(request, slug)
    numbers = numbers_of(of.flow)
    asked = whole_number(request.GET.get("version", "")) or of.number
    if request.method != "POST":
        return _show(request, of, TryForm(numbers, initial={"version": asked}))
    form = TryForm(numbers, request.POST)
    if not form.is_valid():
        return _show(request, of, form, status=BAD_REQUEST)
    version = version_of(of.flow, form.cleaned_data["version"] or of.number)
    return _show(request, of, form, answers=_answers(of.flow, version, form), body=form.cleaned_data["body"])


def _show(
    request: HttpRequest,
    of: Shown,
    form: TryForm,
    *,
    status: int = 200,
    answers: list[Told] | None = None,
    body: Any = None,
) -> HttpResponse:
    context = {
        "shown": of,
        "flow": of.flow,
        "tab": "try",
        "form": form,
        "answers": answers or [],
        "sent": _pretty(body) if body is not None else "",
    }
    return render(request, "policy/try.html", context, status=status)


def _answers(flow: UserFlow, version: PolicyVersion | None, form: TryForm) -> list[Told]:
    """What follows; with what would, for each outcome of the verification, when one comes first."""
    said = form.cleaned_data
    step, verified = Step(said["step"]), said["verification"]
    read = read_claims(flow, said["body"], step)
    if read.applicant is None:
        sentence = _("These claims cannot be used (%(code)s): no rule is asked.") % {"code": read.code}
        return [_told(sentence, read.answer)]
    if read.answer is not None:
        return [_told(_("Sent back to correct, before any rule is asked."), read.answer)]
    policy = readable(version) if version else Policy()
    first = _tried(flow, policy, read.applicant, form, verified)
    answers = [_of_trial(first)]
    if first.answer is None:
        for code, words_of_it in ANSWERED.items():
            after = _tried(flow, policy, read.applicant, form, code)
            answers.append(_of_trial(after, after=str(words_of_it)))
    return answers


def _tried(flow: UserFlow, policy: Policy, applicant: Applicant, form: TryForm, verified: str) -> Tried:
    now, step = timezone.now(), Step(form.cleaned_data["step"])
    facts = Facts(
        applicant,
        step,
        lists=domain_sets(policy.lists()),
        earlier=lambda: form.earlier_decisions(now),
        hints=form.hint_codes,
        verification=verified or None,
        now=now,
    )
    language = choose_language(applicant.locales, flow.language)
    return tried(flow, policy, evaluate(policy, facts), language, step=step, verified=verified)


def _of_trial(trial: Tried, *, after: str = "") -> Told:
    explained = words.explain_verdict(trial.verdict)
    return _told(explained.sentence, trial.answer, rows=explained.rows, after=after)


def _told(sentence: str, answer: Answer | None, *, rows: tuple[words.Row, ...] = (), after: str = "") -> Told:
    if answer is None:
        return Told(sentence, rows, after=after)
    return Told(sentence, rows, answer.status, _pretty(answer.body), after)


def _pretty(body: Any) -> str:
    """JSON for people. What no page can carry stays as an escape."""
    try:
        text = json.dumps(body, ensure_ascii=False, indent=2)
    except RecursionError:
        return ""
    return text.encode("utf-8", "backslashreplace").decode()
