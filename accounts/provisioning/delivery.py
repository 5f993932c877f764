"""The outbox handler, and what it reports to the domain."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.graph.errors import GraphRefused
from accounts.graph.sorting import sort
from accounts.provisioning.case import Case, open_case
from accounts.provisioning.completing import attribute_unavailable, complete
from accounts.provisioning.making import find_or_make
from approvals import outbox, workflow
from approvals.errors import Later, Never, Standstill
from approvals.models import Delivery, OutboxEntry, SignUpRequest

LONGEST_STANDSTILL_DELAY = 300.0
"""How long it takes at most, about, until a request notices that the administrator has mended what stopped all of them."""

log = structlog.get_logger(__name__)


def provision_guest(entry: OutboxEntry) -> None:
    """Make the guest of the entry's request, as far as it is not made yet, and report the end.

    Raises Later, after it was noted at the delivery, when it has to be tried again. Does nothing for a request that is
    not approved any more, or whose delivery has ended.
    """
    request = _request_to_deliver(entry)
    if request is None:
        return
    case = open_case(request, entry.attempts)
    try:
        _provision(case)
    except GraphRefused as refused:
        _report(case, _sort(case, refused))
    except (Later, Never) as problem:
        _report(case, problem)


def give_up(entry: OutboxEntry, code: str, reason: str) -> None:
    """Report that no further attempt will be made. Without effect when the delivery has ended."""
    if entry.request_id is None:
        return
    problem = reason or _("Something in Foyer itself went wrong; its log tells what.")
    advice = _("Foyer has stopped trying: retry when the cause is gone.")
    workflow.record_failed(entry.request_id, code=code, explanation=f"{problem} {advice}")


def _request_to_deliver(entry: OutboxEntry) -> SignUpRequest | None:
    if entry.request_id is None:
        return None
    approved = SignUpRequest.objects.select_related("flow").filter(status=SignUpRequest.Status.APPROVED)
    return approved.filter(pk=entry.request_id, delivery__state=Delivery.State.QUEUED).first()


def _provision(case: Case) -> None:
    if not case.account.object_id:
        find_or_make(case)
    complete(case)
    account = case.account
    workflow.record_provisioned(
        case.request.pk,
        guest_id=account.object_id,
        made=Delivery.Made(account.made),
        redeem_url=account.redeem_url,
    )
    log.info("guest_ready", request=str(case.request.pk), guest=account.object_id, made=account.made)


def _sort(case: Case, refused: GraphRefused) -> Later | Never:
    return attribute_unavailable(case, refused) if refused.unavailable else sort(refused)


def _report(case: Case, problem: Later | Never) -> None:
    """Note why there is no guest yet. Raises Later again, with its delay, for the outbox to come back."""
    request_id = case.request.pk
    log.warning("guest_not_ready", request=str(request_id), code=problem.code, final=isinstance(problem, Never))
    if isinstance(problem, Never):
        workflow.record_failed(request_id, code=problem.code, explanation=problem.reason)
        return
    delay = _delay(case, problem)
    next_try_at = timezone.now() + timedelta(seconds=delay)
    record = workflow.record_standstill if isinstance(problem, Standstill) else workflow.record_delayed
    record(request_id, code=problem.code, explanation=problem.reason, next_try_at=next_try_at)
    raise Later(problem.code, problem.reason, delay=delay, counts=problem.counts) from problem


def _delay(case: Case, problem: Later) -> float:
    usual = outbox.back_off(case.attempts) if problem.delay is None else problem.delay
    return min(usual, LONGEST_STANDSTILL_DELAY) if isinstance(problem, Standstill) else usual
