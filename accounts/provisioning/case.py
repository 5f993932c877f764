"""The guest of one request, as far as Foyer got with it. The only code that changes a GuestAccount.

`asked_at` is written before Graph is asked for a guest, `object_id` right after it answered. In between, and after a
death there, nobody knows whether the guest was made: a set `asked_at` without an `object_id` says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.graph.connection import AnswerLost
from accounts.graph.errors import GraphRefused
from accounts.models import GuestAccount
from approvals.applicant import Applicant
from approvals.errors import Later, Never
from approvals.models import Delivery, SignUpRequest, UserFlow

# An object that no replica shows after so long is not there.
GONE_SECONDS = 900.0
REPLICATION_DELAYS = (1, 2, 4, 8, 15, 30, 60)
ANOTHER_WORKER_SECONDS = 5.0


@dataclass
class Case:
    """One request's provisioning, at one attempt."""

    request: SignUpRequest
    applicant: Applicant
    account: GuestAccount
    attempts: int = 1

    @property
    def flow(self) -> UserFlow:
        """The request's user flow."""
        return self.request.flow

    @property
    def was_asked(self) -> bool:
        """Whether an earlier attempt may have made the guest without learning of it."""
        return self.account.asked_at is not None

    def was_ever_asked(self) -> bool:
        """The same, with what another worker has noted since this attempt began: Graph is asked after the note."""
        self.account.refresh_from_db(fields=["asked_at"])
        return self.was_asked

    @property
    def age(self) -> float:
        """Seconds since Graph was asked for the guest, or else since work on it began."""
        return (timezone.now() - (self.account.asked_at or self.account.created_at)).total_seconds()

    @property
    def is_settled(self) -> bool:
        """Whether everything that was done for the guest must be visible by now."""
        return self.age > settings.GRAPH_SETTLING_SECONDS

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Note that Graph is asked for the guest; take it back when it is certain that nothing was made.

        One worker at a time: another one that comes to this point meanwhile gets Later.
        """
        before, now = self.account.asked_at, timezone.now()
        if not self._without_guest().filter(asked_at=before).update(asked_at=now):
            raise Later("in_progress", _("Another worker is making this guest."), delay=ANOTHER_WORKER_SECONDS)
        try:
            yield
        except (GraphRefused, Later, Never) as problem:
            if _is_certain(problem):
                self._without_guest().filter(asked_at=now).update(asked_at=before)
            raise
        self.account.asked_at = now

    def keep(self, object_id: str, made: Delivery.Made, *, redeem_url: str = "", with_attributes: bool = False) -> None:
        """Write down who the guest is. The first worker to do so decides for all."""
        self._without_guest().update(
            object_id=object_id,
            made=made,
            redeem_url=redeem_url,
            attributes_set_at=timezone.now() if with_attributes else None,
        )
        self.account.refresh_from_db()

    def forget(self) -> None:
        """The guest is no longer in the directory: begin anew."""
        account = self.account
        account.object_id = account.made = account.redeem_url = ""
        account.asked_at = account.attributes_set_at = None
        account.groups_joined = []
        account.save(
            update_fields=["object_id", "made", "redeem_url", "asked_at", "attributes_set_at", "groups_joined"]
        )

    def note_attributes(self) -> None:
        """The guest has its attributes."""
        self.account.attributes_set_at = timezone.now()
        self.account.save(update_fields=["attributes_set_at"])

    def note_group(self, group_id: str) -> None:
        """The guest is a member of that group."""
        self.account.groups_joined = [*self.account.groups_joined, group_id]
        self.account.save(update_fields=["groups_joined"])

    def not_visible_yet(self) -> Later:
        """Wait for the directory's replicas: from one second on, doubling up to a minute."""
        passed = 0.0
        for delay in REPLICATION_DELAYS:
            passed += delay
            if self.age < passed:
                break
        return Later("not_visible_yet", _("The directory does not show the new guest everywhere yet."), delay=delay)

    def _without_guest(self) -> models.QuerySet[GuestAccount]:
        return GuestAccount.objects.filter(pk=self.account.pk, object_id="")


def open_case(request: SignUpRequest, attempts: int) -> Case:
    """The case of a request, with what earlier attempts left."""
    account, _created = GuestAccount.objects.get_or_create(request=request)
    return Case(request, request.applicant, account, attempts)


def _is_certain(problem: Exception) -> bool:
    if isinstance(problem, GraphRefused):
        return problem.is_definite
    return not isinstance(problem, AnswerLost)
