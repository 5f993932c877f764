"""Each promise is kept by sound evidence, and broken by evidence that was tampered with in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from chaos.evidence import Event, Evidence
from chaos.people import Wish
from chaos.promises import PROMISES, judge
from chaos.supervision import Death
from tests.chaos.sound import entry, guest, mail, person, request, sound, trail

Tamper = Callable[[Evidence], object]


def broken(evidence: Evidence) -> dict[str, list[str]]:
    """The promises that were not kept, with what was wrong."""
    return {verdict.promise: verdict.broken for verdict in judge(evidence) if verdict.broken}


def change(position: int, **changes: object) -> Tamper:
    """Tamper with one request."""

    def tamper(evidence: Evidence) -> None:
        evidence.requests[position] = replace(evidence.requests[position], **changes)  # type: ignore[arg-type]

    return tamper


def tell(position: int, *actions: str) -> Tamper:
    """Tamper with one audit trail."""
    return lambda evidence: evidence.trails.update({f"r{position}": trail(position, *actions)})


def send_again(at: float, **changes: object) -> Tamper:
    """The first mail went out once more, at that moment."""
    return lambda evidence: evidence.mails.append(mail(0, "mail.received", at, **changes))


def say_again(evidence: Evidence) -> None:
    """A second entry of the outbox sent the same mail."""
    evidence.entries.append(entry(0, "mail.received", id="other-0"))
    evidence.mails.append(mail(0, "other"))


ONE = "one request for everybody who signed up"
TAKES = "every answer is one that Entra takes"
UNASKED = "no request of anybody else"
SHOWN = "decided as the reviewer was shown"
GUESTS = "approved: one guest, attributes, groups"
NO_GUEST = "not approved: no guest"
FAILED = "cannot succeed: failed, with a reason"
OWED = "mail that is owed was accepted"
MEANT = "mail that was accepted was meant, once"
AGAIN = "sent again only where cut off"
STORY = "audit trail tells a true story"
STUCK = "nothing is stuck"

BREAKING: dict[str, tuple[str, Tamper]] = {
    "a lost request": (ONE, lambda e: e.requests.pop(2)),
    "a second request": (ONE, lambda e: e.requests.append(replace(e.requests[2], id="r8", reference="CCC-CCC8"))),
    "a reference that is nobody's": (ONE, lambda e: e.people[2].references.add("CCC-CCC9")),
    "somebody who was never told": (ONE, lambda e: e.people[2].references.clear()),
    "a server error at the connector": (TAKES, lambda e: e.people[0].misunderstood.append("HTTP 500")),
    "a request of nobody": (UNASKED, lambda e: e.requests.append(request(7, "pending"))),
    "another decision": (SHOWN, lambda e: setattr(e.people[2], "told", "approved")),
    "no guest": (GUESTS, lambda e: e.directory.remove(guest(0))),
    "a second guest": (GUESTS, lambda e: e.directory.append({**guest(0), "id": "g8"})),
    "an attribute missing": (GUESTS, lambda e: e.directory[0].update(jobTitle=None)),
    "a group missing": (GUESTS, lambda e: e.directory[0]["groups"].clear()),
    "another guest noted": (GUESTS, change(0, guest_id="g8")),
    "a deleted guest": (GUESTS, lambda e: e.directory[0].update(deletedDateTime="2026-01-02T03:04:05Z")),
    "a denied guest": (NO_GUEST, lambda e: e.directory.append(guest(1))),
    "a waiting guest": (NO_GUEST, lambda e: e.directory.append(guest(2))),
    "a delivery of a denied request": (NO_GUEST, change(1, delivery="queued")),
    "a failure without reason": (FAILED, change(3, explanation="")),
    "a failure that is none": (FAILED, change(0, delivery="failed", code="secret_expired")),
    "a success that cannot be": (FAILED, change(3, delivery="done")),
    "a mail that did not come": (OWED, lambda e: e.mails.pop(2)),
    "a mail to somebody else": (OWED, lambda e: e.mails.__setitem__(2, replace(e.mails[2], recipient="x@y.example"))),
    "a mail of nobody": (MEANT, lambda e: e.mails.append(mail(0, "mail.surprise"))),
    "the same mail under another id": (MEANT, say_again),
    "a mail sent twice": (AGAIN, send_again(105.0)),
    "two decisions": (STORY, tell(1, "request.submitted", "request.denied", "request.approved")),
    "an effect before its cause": (STORY, tell(0, "request.submitted", "delivery.done", "request.approved")),
    "a story that ends elsewhere": (STORY, tell(2, "request.submitted", "request.denied")),
    "a guest reported twice": (
        STORY,
        tell(0, "request.submitted", "request.approved", "delivery.done", "delivery.done"),
    ),
    "a mail reported twice": (STORY, tell(2, "request.submitted", "mail:received", "mail:received")),
    "an unheard-of event": (STORY, lambda e: e.trails["r2"].append(Event("r2", "request.vanished", {}))),
    "no story": (STORY, lambda e: e.trails.pop("r2")),
    "work left": (STUCK, lambda e: e.entries.append(entry(2, "mail.waiting", state="queued"))),
    "work given up": (STUCK, lambda e: e.entries.append(entry(2, "mail.waiting", state="parked"))),
    "a delivery under way": (STUCK, change(0, delivery="queued")),
}


def test_it_finds_nothing_wrong_with_sound_evidence() -> None:
    evidence = sound()

    assert broken(evidence) == {}
    assert all(verdict.checked > 0 for verdict in judge(evidence))


@pytest.mark.parametrize(("promise", "tamper"), BREAKING.values(), ids=BREAKING)
def test_it_notices(promise: str, tamper: Tamper) -> None:
    evidence = sound()

    tamper(evidence)

    assert promise in broken(evidence)


def test_it_can_break_every_promise() -> None:
    assert {promise for promise, _tamper in BREAKING.values()} == set(PROMISES)


@pytest.mark.parametrize(
    "excuse",
    [
        lambda evidence: evidence.deaths.append(Death(112.0, 77)),
        lambda evidence: evidence.cuts.append((99.0, 101.0)),
        lambda evidence: evidence.mails.__setitem__(0, replace(evidence.mails[0], answer_lost=True)),
    ],
    ids=["its worker died", "the database was gone", "the answer was lost"],
)
def test_it_excuses_a_second_mail_whose_sender_could_not_note_the_first(excuse: Tamper) -> None:
    evidence = sound()
    send_again(160.0)(evidence)
    excuse(evidence)

    assert broken(evidence) == {}


def test_it_does_not_excuse_a_second_mail_by_a_death_long_after() -> None:
    evidence = sound()
    send_again(160.0)(evidence)
    evidence.deaths.append(Death(130.0, 77))

    assert AGAIN in broken(evidence)


def test_it_does_not_excuse_a_second_mail_by_the_death_of_somebody_else() -> None:
    evidence = sound()
    send_again(160.0)(evidence)
    evidence.deaths.append(Death(101.0, 78))

    assert AGAIN in broken(evidence)


def test_it_does_not_miss_somebody_whose_wish_was_never_carried_out() -> None:
    evidence = sound()
    evidence.people[2] = person(2, Wish.APPROVE, "")

    assert SHOWN in broken(evidence)
