"""Workers that die by SIGKILL between any two things that they do, and workers that do the same at the same time.

Run as a program, with the settings of a tenant in the environment, on a database of its own: prints, as JSON, what
every death and every race led to. Right after each write to the database and each answer of Graph's is a place to die: whatever happens between two of them
leaves no trace.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, models  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.graph.connection import http  # noqa: E402
from accounts.models import GuestAccount  # noqa: E402
from accounts.provisioning import provision_guest  # noqa: E402
from approvals import outbox  # noqa: E402
from approvals.errors import Later  # noqa: E402
from approvals.models import AuditEvent, Delivery, OutboxEntry, SignUpRequest, UserFlow  # noqa: E402
from tests.factories import make_flow, make_identity, make_request  # noqa: E402

GROUP = "7d0c2f6e-1f5b-4c7e-9a54-6f6a0f3b9d11"
MODES = ("created", "invited", "invited-by-entra")
RECOVERIES = 6
RACES = 4
WORKERS = 3


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


def start(work: Callable[[], None]) -> int:
    """Run work in a process of its own, as a worker would; its id."""
    connection.close()
    child = os.fork()
    if child == 0:
        work()
        os._exit(0)
    return child


def in_a_child(work: Callable[[], None]) -> int:
    """Run work in a process of its own to its end; the signal that ended it, or 0."""
    _pid, status = os.waitpid(start(work), 0)
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


def approved(flow: UserFlow, number: int) -> SignUpRequest:
    """Somebody whose guest is to be made."""
    identities = (make_identity("google.com", f"{flow.slug}{number}"),) if flow.slug.startswith("created") else ()
    email = f"person{number}@{flow.slug}.example"
    request = make_request(flow, email=email, status="approved", jobTitle="Buyer", identities=identities)
    only_guests()
    return request


def recover() -> None:
    """Let another worker finish."""
    for _ in range(RECOVERIES):
        let_leases_run_out()
        only_guests()
        recovered = in_a_child(lambda: drain(None))
        if recovered != 0:
            sys.exit(f"recovery ended with {recovered}")
        if not OutboxEntry.objects.queued().filter(kind="guest.provision").exists():
            break


def die(flow: UserFlow, number: int) -> dict[str, Any]:
    """Approve somebody, die at the step of that number, recover, and tell how it ended."""
    request = approved(flow, number)
    killed = in_a_child(lambda: drain(number))
    recover()
    return {"killed": killed == signal.SIGKILL, **told(request)}


def race(flow: UserFlow, number: int) -> dict[str, Any]:
    """Approve somebody, have two workers work on it at once as after a lease that ran out, and tell how it ended."""
    request = approved(flow, number)
    entry = OutboxEntry.objects.get(request=request, kind="guest.provision")
    ready, go = os.pipe()

    def work() -> None:
        os.read(ready, 1)
        with contextlib.suppress(Later):
            provision_guest(entry)

    workers = [start(work) for _ in range(WORKERS)]
    os.write(go, b"." * WORKERS)
    ends = [os.waitpid(worker, 0)[1] for worker in workers]
    recover()
    return {"killed": any(ends), **told(request)}


def told(request: SignUpRequest) -> dict[str, Any]:
    """What the database says in the end."""
    delivery = Delivery.objects.get(pk=request.pk)
    return {
        "email": request.email,
        "state": delivery.state,
        "code": delivery.code,
        "made": delivery.made,
        "guest_id": delivery.guest_id,
        "our_mails": OutboxEntry.objects.filter(request=request, kind="mail.approved").count(),
        "ends": AuditEvent.objects.filter(request=request, action="delivery.done").count(),
    }


def every_death(mode: str) -> list[dict[str, Any]]:
    """Die at the first step, the second, and so on, until one run outlives its countdown."""
    flow = flow_for(mode)
    results = [die(flow, 1)]
    while results[-1]["killed"]:
        results.append(die(flow, len(results) + 1))
    return results


def some_races(mode: str) -> list[dict[str, Any]]:
    """Several, for not every one is close."""
    flow = flow_for(f"{mode}-at-once")
    return [race(flow, number) for number in range(RACES)]


def flow_for(slug: str) -> UserFlow:
    """A flow with a group, whose invitations Entra or Foyer mails."""
    return make_flow(slug, group_ids=[GROUP], invitation_mail="entra" if "by-entra" in slug else "foyer")


if __name__ == "__main__":
    call_command("migrate", verbosity=0)
    outcome = {mode: {"deaths": every_death(mode), "races": some_races(mode)} for mode in MODES}
    json.dump(outcome, sys.stdout)
