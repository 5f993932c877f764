"""Sound evidence: five people whose stories ended as they should."""

from __future__ import annotations

from typing import Any

from chaos.evidence import Entry, Event, Evidence, Request
from chaos.mail_server import Accepted
from chaos.people import GROUPS, PARTNERS, VISITORS, Obstacle, Person, Wish
from simulator.applicants import PROVIDERS, Applicant

ANSWERS = {"givenName": "Maria", "jobTitle": "Buyer"}
MADE_BY_ENTRA, MADE_BY_FOYER = "returned", "created"


def person(number: int, wish: Wish, told: str, *, obstacle: Obstacle = Obstacle.NONE, flow: str = PARTNERS) -> Person:
    """Somebody who was told the reference of their request."""
    account = Applicant(PROVIDERS["google"], f"P{number}@fabrikam.example", "Maria", "Silva")
    return Person(
        number=number,
        flow=flow,
        provider="google",
        wish=wish,
        obstacle=obstacle,
        arrives=0,
        by_page=False,
        impatient=False,
        account=account,
        answers=dict(ANSWERS),
        references={reference(number)},
        told=told,
    )


def reference(number: int) -> str:
    """As the connector tells it."""
    return f"CCC-CCC{number}"


def request(number: int, status: str, **changes: Any) -> Request:
    """The row of that person's request."""
    fields: dict[str, Any] = {
        "id": f"r{number}",
        "reference": reference(number),
        "flow": PARTNERS,
        "email": f"p{number}@fabrikam.example",
        "status": status,
        "provisioning": "graph",
        "invitation_mail": "foyer",
        "tell_applicant": True,
        "delivery": "",
        "code": "",
        "explanation": "",
        "guest_id": "",
        "made": "",
    }
    return Request(**{**fields, **changes})


def trail(number: int, *actions: str) -> list[Event]:
    """The audit trail; `mail:received` stands for the mail that was sent."""
    return [
        Event(f"r{number}", "mail.sent", {"mail": action[5:]})
        if action.startswith("mail:")
        else Event(f"r{number}", action, {})
        for action in actions
    ]


def guest(number: int, flow: str = PARTNERS) -> dict[str, Any]:
    """The account in the directory."""
    groups = list(GROUPS[flow])
    return {"id": f"g{number}", "mail": f"p{number}@fabrikam.example", "userType": "Guest", "groups": groups, **ANSWERS}


def entry(number: int, kind: str, **changes: Any) -> Entry:
    """A row of the outbox that was done."""
    fields = {
        "id": f"{kind}-{number}",
        "request": f"r{number}",
        "kind": kind,
        "state": "done",
        "code": "",
        "payload": {},
    }
    return Entry(**{**fields, **changes})


def mail(number: int, kind: str, at: float = 100.0, **changes: Any) -> Accepted:
    """What the mail server took."""
    return Accepted(
        at, f"<{kind}-{number}@127.0.0.1>", f"p{number}@fabrikam.example", "Hello", **{"sender": 77, **changes}
    )


def sound() -> Evidence:
    """0 is a guest of Foyer's, 1 was denied, 2 waits after an undo, 3 could not be made, 4 came back by herself."""
    failed = {
        "delivery": "failed",
        "code": "guest_deleted",
        "explanation": "A deleted account still holds the address.",
    }
    done = {"delivery": "done", "guest_id": "g0", "made": MADE_BY_FOYER}
    returned = {"delivery": "done", "made": MADE_BY_ENTRA, "provisioning": "on_return", "flow": VISITORS}
    return Evidence(
        people=[
            person(0, Wish.APPROVE, "approved"),
            person(1, Wish.DENY, "denied"),
            person(2, Wish.UNDO, "pending"),
            person(3, Wish.APPROVE, "approved", obstacle=Obstacle.DELETED),
            person(4, Wish.APPROVE, "approved", flow=VISITORS),
        ],
        requests=[
            request(0, "approved", **done),
            request(1, "denied"),
            request(2, "pending"),
            request(3, "approved", **failed),
            request(4, "approved", **returned),
        ],
        trails={
            "r0": trail(0, "request.submitted", "mail:received", "request.approved", "delivery.done", "mail:approved"),
            "r1": trail(1, "request.submitted", "request.denied", "mail:denied"),
            "r2": trail(2, "request.submitted", "request.approved", "request.undone", "mail:received"),
            "r3": trail(3, "request.submitted", "request.approved", "delivery.failed"),
            "r4": trail(4, "request.submitted", "request.approved", "mail:approved", "delivery.returned"),
        },
        entries=[
            entry(0, "mail.received"),
            entry(0, "mail.approved"),
            entry(1, "mail.denied"),
            entry(2, "mail.received"),
            entry(4, "mail.approved"),
            entry(0, "guest.provision"),
            entry(9, "mail.standstill", request=""),
        ],
        mails=[
            mail(0, "mail.received"),
            mail(0, "mail.approved"),
            mail(1, "mail.denied"),
            mail(2, "mail.received"),
            mail(4, "mail.approved"),
            mail(9, "mail.standstill"),
        ],
        directory=[guest(0), {**guest(3), "id": "held", "deletedDateTime": "2026-01-02T03:04:05Z"}, guest(4, VISITORS)],
        strangers=frozenset({"held"}),
    )
