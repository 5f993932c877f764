"""Telling the stories: each step through the real verb, at the time at which it happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import time_machine
from django.utils import timezone

from accounts.models import User
from approvals import outbox, workflow
from approvals.models import SignUpRequest, UserFlow
from config.demo.outside import HOLD_SECONDS, expect, played_for_the_past
from config.demo.people import settle
from config.demo.stories import Step, Story

OPENED_AGO = timedelta(days=40)
# How long after a deed its mails and deliveries have gone out.
SETTLES_AFTER = timedelta(seconds=2)


@dataclass(frozen=True)
class Moment:
    """Something to do at a time."""

    at: datetime
    do: Callable[[], object]


def tell(stories: list[Story], extensions_app_id: str) -> int:
    """Let all stories happen, their steps among one another in the order of time; the number of requests.

    Before them the flows and people come about. Only into an empty house: when there is any request, nothing happens.
    """
    if SignUpRequest.objects.exists():
        return 0
    now = timezone.now()
    with time_machine.travel(now - OPENED_AGO, tick=False):
        settle()
    people = {user.username: user for user in User.objects.all()}
    tellers = [_Teller(story, now - story.ago, people, extensions_app_id) for story in stories]
    moments = sorted((moment for teller in tellers for moment in teller.moments()), key=lambda moment: moment.at)
    with played_for_the_past():
        for moment in moments:
            with time_machine.travel(moment.at, tick=False):
                moment.do()
    return len(tellers)


class _Teller:
    """Lets one story happen."""

    def __init__(self, story: Story, begin: datetime, people: dict[str, User], extensions_app_id: str) -> None:
        self._story, self._begin, self._people = story, begin, people
        self._extensions_app_id = extensions_app_id
        self._flow = UserFlow.objects.get(slug=story.flow)

    def moments(self) -> Iterator[Moment]:
        """Everything that happens, with the deliveries that follow from it."""
        yield Moment(self._begin, self._submit)
        yield Moment(self._begin + SETTLES_AFTER, outbox.drain)
        at = self._begin
        for step in self._story.steps:
            at += step.after
            yield Moment(at, partial(self._take, step))
            held = timedelta(seconds=HOLD_SECONDS) if step.do in ("approve", "deny") else timedelta()
            yield Moment(at + held + SETTLES_AFTER, outbox.drain)

    def _submit(self) -> None:
        standing = workflow.submit(self._flow, self._story.applicant(self._extensions_app_id))
        if standing.request is None:
            raise LookupError(f"{self._story.email} left no request")
        self._request_id = standing.request.pk
        expect(standing.request, self._story)

    def _take(self, step: Step) -> None:
        request_id, actor = self._request_id, self._people.get(step.by)
        if step.do == "approve":
            workflow.approve(request_id, actor=actor, note=step.note)
        elif step.do == "deny":
            workflow.deny(request_id, actor=actor, reason=step.reason, note=step.note, tell_applicant=step.tell)
        elif step.do == "undo":
            workflow.undo(request_id, actor=actor)
        elif step.do == "reopen":
            workflow.reopen(request_id, actor=actor)
        elif step.do == "retry":
            workflow.retry_delivery(request_id, actor=actor)
        else:
            workflow.submit(self._flow, self._story.applicant(self._extensions_app_id, **step.answers))
