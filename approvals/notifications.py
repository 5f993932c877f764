"""The outbox's mail: handlers that write to whom it concerns, each at most once, or find that there is no reason any more."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.db import transaction
from django.utils import timezone

from approvals import outbox
from approvals.errors import Later
from approvals.mail import envelope, sending, to_administrator, to_applicant, to_reviewer
from approvals.mail.letter import Mail
from approvals.models import Action, Delivery, OutboxEntry, SignUpRequest, UserFlow
from approvals.outbox import Done

Status = SignUpRequest.Status


def announce(entry: OutboxEntry) -> None:
    """A request came in: have it examined, look into the tenant, and write to the applicant and every reviewer who wants to know.

    No mail for a request that has been decided for good meanwhile. Once each, however often this runs.
    """
    request = _request(entry)
    with transaction.atomic():
        outbox.enqueue("request.examine", request=request, once=f"examine:{request.pk}")
        if not _is_open(request):
            return
        outbox.enqueue("mail.received", request=request, once=f"received:{request.pk}")
        for user in _reviewers(request.flow):
            outbox.enqueue("mail.waiting", request=request, once=f"waiting:{request.pk}:{user}", user=user)
        outbox.enqueue("tenant.look", request=request, once=f"look:{request.pk}", burst="tenant.look")


def send_received(entry: OutboxEntry) -> Done | None:
    """Tell the applicant that the request is in, as long as nothing later has been told. Raises Later, Never."""
    request = _request(entry)
    if not _is_open(request):
        return None
    return _tell_applicant(entry, request, to_applicant.received(request))


def send_approved(entry: OutboxEntry) -> Done | None:
    """Tell the applicant how to come in. None when the approval was taken back, or its guest is in already."""
    request = _request(entry)
    delivery = Delivery.objects.filter(request=request).first()
    if delivery is None or not _stands(entry, Status.APPROVED) or not _has_a_next_step(request.flow, delivery):
        return None
    return _tell_applicant(entry, request, to_applicant.approved(request, delivery))


def send_denied(entry: OutboxEntry) -> Done | None:
    """Tell the applicant that the request was denied, with the reason for them. None when it was taken back."""
    request = _request(entry)
    if not _stands(entry, Status.DENIED):
        return None
    return _tell_applicant(entry, request, to_applicant.denied(request, request.reason))


def send_waiting(entry: OutboxEntry) -> Done | None:
    """Tell a reviewer that a request waits. None when it is decided, or the person no longer wants or may know.

    Raises Later while the decision may still be undone: then the request would wait after all.
    """
    request = _request(entry)
    reviewer = get_user_model().objects.filter(pk=entry.payload["user"], pk__in=_reviewers(request.flow)).first()
    if reviewer is None or not _is_open(request):
        return None
    if request.effects_at is not None:
        raise Later("decision_held", delay=max((request.effects_at - timezone.now()).total_seconds(), 0))
    sending.send(envelope.to_reviewer(to_reviewer.waiting(request, reviewer), entry, reviewer))
    return Done(Action.MAIL_SENT, _facts(entry))


def announce_standstill(entry: OutboxEntry) -> None:
    """No guest can be made at the moment: write to every administrator, or to all reviewers where there is none."""
    with transaction.atomic():
        for user in _administrators() or _all_reviewers():
            explained = {"code": entry.payload["code"], "explanation": entry.payload["explanation"]}
            outbox.enqueue("mail.standstill", once=f"{entry.once}:{user}", user=user, **explained)


def send_standstill(entry: OutboxEntry) -> Done | None:
    """Tell an administrator why no guest can be made. None when the person no longer wants or may know."""
    person = get_user_model().objects.filter(pk=entry.payload["user"], is_active=True, notify=True).first()
    if person is None:
        return None
    sending.send(envelope.to_reviewer(to_administrator.standstill(entry.payload["explanation"]), entry, person))
    return Done(Action.MAIL_SENT, {**_facts(entry), "code": entry.payload["code"]})


def give_up(entry: OutboxEntry, code: str, reason: str) -> Done:
    """A mail cannot be sent: the request's timeline says so, and why."""
    return Done(Action.MAIL_FAILED, {**_facts(entry), "code": code, "explanation": reason})


def preview_denied(request: SignUpRequest, reason: str) -> Mail:
    """The mail that denying this request with this reason would send."""
    return to_applicant.denied(request, reason)


def _tell_applicant(entry: OutboxEntry, request: SignUpRequest, mail: Mail) -> Done:
    sending.send(envelope.to_applicant(mail, entry, request))
    return Done(Action.MAIL_SENT, _facts(entry))


def _request(entry: OutboxEntry) -> SignUpRequest:
    if entry.request is None:
        raise ValueError("mail is always about a request")
    return entry.request


def _is_open(request: SignUpRequest) -> bool:
    """Whether the request waits for a decision, or for the time to pass in which its decision can be undone."""
    return request.status == Status.PENDING or (request.effects_at is not None and not request.is_in_effect())


def _reviewers(flow: UserFlow) -> list[int]:
    """The ids of those who review the flow and want mail."""
    wanting = flow.reviewers.filter(is_active=True, notify=True).exclude(email="")
    return list(wanting.order_by("pk").values_list("pk", flat=True))


def _administrators() -> list[int]:
    """The ids of the administrators who want mail."""
    wanting = get_user_model().objects.filter(is_superuser=True, is_active=True, notify=True).exclude(email="")
    return list(wanting.order_by("pk").values_list("pk", flat=True))


def _all_reviewers() -> list[int]:
    """The ids of those who review any flow and want mail."""
    return sorted({user for flow in UserFlow.objects.all() for user in _reviewers(flow)})


def _stands(entry: OutboxEntry, status: SignUpRequest.Status) -> bool:
    """Whether the decision that this mail tells of is still the request's."""
    request = _request(entry)
    return request.status == status and entry.payload["decision"] == request.version


def _has_a_next_step(flow: UserFlow, delivery: Delivery) -> bool:
    if flow.provisioning == UserFlow.Provisioning.ON_RETURN:
        return delivery.state == Delivery.State.QUEUED
    return delivery.state == Delivery.State.DONE


def _facts(entry: OutboxEntry) -> dict[str, str | int]:
    """Which mail, for the audit trail: `received`, `approved`, `denied` or `waiting`, the last with its reader's id."""
    mail = entry.kind.removeprefix("mail.")
    return {"mail": mail, "user": entry.payload["user"]} if "user" in entry.payload else {"mail": mail}
