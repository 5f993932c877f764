"""A worker that dies by SIGKILL between any two things that it does, on a database and a tenant of its own.

Run as a program, with the settings of a tenant in the environment: prints, as JSON, what every death led to. Right
after each write to the database and each answer of Graph's is a place to die: whatever happens between two of them
leaves no trace.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from accounts.graph.connection import http  # noqa: E402
from accounts.models import GuestAccount  # noqa: E402
from approvals import outbox  # noqa: E402
from approvals.models import AuditEvent, Delivery, OutboxEntry, SignUpRequest, UserFlow  # noqa: E402
from tests.factories import make_flow, make_identity, make_request  # noqa: E402

GROUP = "7d0c2f6e-1f5b-4c7e-9a54-6f6a0f3b9d11"
MODES = ("created", "invited", "invited-by-entra")
RECOVERIES = 6


class Countdown:
    """Dies at the step that it was made for; None: counts only."""

    def __init__(self, last: int | None) -> None:
        self.last, self.taken = last, 0

    def step(self, *_args: Any) -> None:
        """One place to die."""
        self.taken += 1
        if self.taken == self.last:
            os.kill(os.getpid(), signal.SIGKILL)

    def after_writing(self, execute: Callable[..., Any], statement: str, *arguments: Any) -> Any:
        """A statement to the database, with a place to die after it if it writes."""
        result = execute(statement, *arguments)
        if not statement.startswith("SELECT"):
            self.step()
        return result


def in_a_child(work: Callable[[], None]) -> int:
    """Run work in a process of its own, as a worker would; the signal that ended it, or 0."""
    connection.close()
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    _pid, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)


def drain(last: int | None) -> None:
    """Work on what is due, and die at a step."""
    countdown = Countdown(last)
    http().event_hooks = {"response": [countdown.step]}
    with connection.execute_wrapper(countdown.after_writing):
        outbox.drain()


def let_leases_run_out() -> None:
    """As if so much time had passed that a dead worker's work is due again and the directory has settled."""
    OutboxEntry.objects.queued().update(due_at=timezone.now())
    earlier = timedelta(minutes=5)
    GuestAccount.objects.update(created_at=models.F("created_at") - earlier, asked_at=models.F("asked_at") - earlier)


def only_guests() -> None:
    """Leave the mails to other tests."""
    OutboxEntry.objects.queued().exclude(kind="guest.provision").update(due_at=timezone.now() + timedelta(days=1))


def run(flow: UserFlow, number: int, **applicant: Any) -> dict[str, Any]:
    """Approve somebody, die at the step of that number, recover, and tell how it ended."""
    email = f"person{number}@{flow.slug}.example"
    if applicant.pop("google"):
        applicant["identities"] = (make_identity("google.com", f"{flow.slug}{number}"),)
    request = make_request(flow, email=email, status="approved", jobTitle="Buyer", **applicant)
    only_guests()
    killed = in_a_child(lambda: drain(number))
    for _ in range(RECOVERIES):
        let_leases_run_out()
        only_guests()
        recovered = in_a_child(lambda: drain(None))
        if recovered != 0:
            sys.exit(f"recovery ended with {recovered}")
        if not OutboxEntry.objects.queued().filter(kind="guest.provision").exists():
            break
    return {"email": email, "killed": killed == signal.SIGKILL, **told(request)}


def told(request: SignUpRequest) -> dict[str, Any]:
    """What the database says in the end."""
    delivery = Delivery.objects.get(pk=request.pk)
    return {
        "state": delivery.state,
        "code": delivery.code,
        "made": delivery.made,
        "guest_id": delivery.guest_id,
        "our_mails": OutboxEntry.objects.filter(request=request, kind="mail.approved").count(),
        "ends": AuditEvent.objects.filter(request=request, action="delivery.done").count(),
    }


def every_death(mode: str) -> list[dict[str, Any]]:
    """Die at the first step, the second, and so on, until one run outlives its countdown."""
    flow = make_flow(mode, group_ids=[GROUP], invitation_mail="entra" if mode == "invited-by-entra" else "foyer")
    results: list[dict[str, Any]] = []
    while not results or results[-1]["killed"]:
        results.append(run(flow, len(results) + 1, google=mode == "created"))
    return results


if __name__ == "__main__":
    # Before the first child, so that not each of them has to load it.
    import_string(settings.OUTBOX_HANDLERS["guest.provision"])
    call_command("migrate", verbosity=0)
    json.dump({mode: every_death(mode) for mode in MODES}, sys.stdout)
