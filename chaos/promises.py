"""What is promised, each as a question to the evidence. Pure: a run and the tests of this module ask the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chaos.evidence import Entry, Event, Evidence, Request
from chaos.mail_server import Accepted
from chaos.people import GROUPS, Obstacle, Person

APPROVED, PENDING, DENIED = "approved", "pending", "denied"
COMMIT_SECONDS = 4.0
"""How far from an outage of the database a mail may have been accepted that could not be noted for it."""
LEASE_SECONDS = 20.0
"""Whoever dies later than this after a mail was accepted had noted it, or had lost the entry to another worker before."""

# One thing that was looked at: None when it is as promised, else what is wrong with it.
Finding = str | None


@dataclass(frozen=True)
class Verdict:
    """How a promise was kept."""

    promise: str
    checked: int
    broken: list[str]


def judge(evidence: Evidence) -> list[Verdict]:
    """Every promise, in the order in which a sign-up meets them."""
    verdicts = []
    for promise, look in PROMISES.items():
        findings = list(look(evidence))
        verdicts.append(Verdict(promise, len(findings), [each for each in findings if each is not None]))
    return verdicts


def one_request_each(evidence: Evidence) -> Iterator[Finding]:
    """Everybody who kept trying has one request, and every reference that was told is that request's."""
    for person in evidence.people:
        found = evidence.of(person)
        known = {request.reference for request in found}
        if not person.references:
            yield f"person {person.number} was never told a reference"
        elif len(found) != 1:
            yield f"person {person.number} has {len(found)} requests"
        elif person.references != known:
            yield f"person {person.number} was told {sorted(person.references)} and has {sorted(known)}"
        else:
            yield None


def always_understood(evidence: Evidence) -> Iterator[Finding]:
    """The connector never gave an answer that Entra does not take, and let nobody in."""
    for person in evidence.people:
        wrong = "; ".join(person.misunderstood[:3])
        yield f"person {person.number}: {wrong}" if wrong else None


def nobody_unasked(evidence: Evidence) -> Iterator[Finding]:
    """No request is of somebody who did not sign up."""
    known = {(person.email.lower(), person.flow) for person in evidence.people}
    for request in evidence.requests:
        yield None if (request.email, request.flow) in known else f"{request.reference} is nobody's"


def decided_as_shown(evidence: Evidence) -> Iterator[Finding]:
    """What a reviewer was shown after the deed is what was decided."""
    for person, request in _pairs(evidence):
        agree = person.told == request.status
        yield None if agree else f"{request.reference} is {request.status}, and the reviewer was shown {person.told}"


def approved_are_guests(evidence: Evidence) -> Iterator[Finding]:
    """Every approved person without an obstacle is one guest, with attributes and groups."""
    for person, request in _pairs(evidence):
        if request.status == APPROVED and person.obstacle is Obstacle.NONE:
            yield _guest(evidence, person, request)


def others_are_not(evidence: Evidence) -> Iterator[Finding]:
    """Nobody who was denied or still waits is a guest, and no guest is somebody unknown."""
    approved = {request.email for request in evidence.requests if request.status == APPROVED}
    for user in evidence.directory:
        if user["id"] not in evidence.strangers:
            ours = (user["mail"] or "").lower() in approved
            yield None if ours else f"the directory has {user['id']}, whom nobody approved"
    for request in evidence.requests:
        if request.status != APPROVED:
            yield f"{request.reference} is {request.status} and being delivered" if request.delivery else None


def failed_with_reason(evidence: Evidence) -> Iterator[Finding]:
    """What cannot succeed waits in Failed with its reason in words; nothing else does."""
    for person, request in _pairs(evidence):
        if request.status != APPROVED:
            continue
        if person.obstacle is Obstacle.NONE:
            yield f"{request.reference} has failed: {request.code}" if request.delivery == "failed" else None
            continue
        in_words = len(request.explanation.split()) > 5
        as_expected = (request.delivery, request.code) == ("failed", person.obstacle.value) and in_words
        told = f"{request.delivery} {request.code} “{request.explanation}”"
        yield None if as_expected else f"{request.reference} should have failed as {person.obstacle.value}: {told}"


def mails_arrived(evidence: Evidence) -> Iterator[Finding]:
    """Every mail that is owed was accepted by the mail server, addressed to the right person."""
    entries = _mail_entries(evidence)
    accepted = {(mail.entry, mail.recipient) for mail in evidence.mails}
    for person, request in _pairs(evidence):
        for kind in _owed(person, request):
            sent = [each for each in entries.get((request.id, kind), []) if (each.id, request.email) in accepted]
            yield None if sent else f"{request.reference} is owed {kind}"


def mails_were_meant(evidence: Evidence) -> Iterator[Finding]:
    """Every accepted mail is an outbox entry's, and no two entries say the same of one request to the same person."""
    known = {entry.id: entry for entry in evidence.entries}
    said: dict[tuple[str, str, str], set[str]] = {}
    for mail in evidence.mails:
        entry = known.get(mail.entry)
        if entry is None or not entry.kind.startswith("mail."):
            yield f"{mail.message_id} was sent by nobody"
            continue
        # What is about no request, the tenant's trouble, may be said again: of another cause, on another day.
        messages = said.setdefault((entry.request or entry.id, entry.kind, mail.recipient), set())
        messages.add(mail.message_id)
        yield f"{entry.kind} of {entry.request} went out under {len(messages)} ids" if len(messages) > 1 else None


def twice_only_where_cut(evidence: Evidence) -> Iterator[Finding]:
    """A mail was accepted twice only where its sender could not note the first time: it died, or was cut off."""
    times = Counter(mail.message_id for mail in evidence.mails)
    for mail in sorted(evidence.mails, key=lambda each: each.at):
        times[mail.message_id] -= 1
        fine = not times[mail.message_id] or mail.answer_lost or _is_cut(evidence, mail)
        yield None if fine else f"{mail.message_id} was sent again, and its sender had not died"


def trails_are_true(evidence: Evidence) -> Iterator[Finding]:
    """The audit trail of each request is a legal story that ends in its state."""
    for request in evidence.requests:
        trail = evidence.trails.get(request.id, [])
        state, mistake = _retell(trail)
        if not mistake and state != (request.status, request.delivery):
            mistake = f"it ends as {state}, the request is {(request.status, request.delivery)}"
        yield f"{request.reference}: {mistake}" if mistake else None


def nothing_stuck(evidence: Evidence) -> Iterator[Finding]:
    """No work is left in the outbox or was given up, and no delivery is under way."""
    for entry in evidence.entries:
        left = entry.state in ("queued", "parked")
        yield f"{entry.kind} {entry.id} is {entry.state} ({entry.code})" if left else None
    for request in evidence.requests:
        yield f"{request.reference} is still being delivered ({request.code})" if request.delivery == "queued" else None


PROMISES: dict[str, Callable[[Evidence], Iterator[Finding]]] = {
    "one request for everybody who signed up": one_request_each,
    "every answer is one that Entra takes": always_understood,
    "no request of anybody else": nobody_unasked,
    "decided as the reviewer was shown": decided_as_shown,
    "approved: one guest, attributes, groups": approved_are_guests,
    "not approved: no guest": others_are_not,
    "cannot succeed: failed, with a reason": failed_with_reason,
    "mail that is owed was accepted": mails_arrived,
    "mail that was accepted was meant, once": mails_were_meant,
    "sent again only where cut off": twice_only_where_cut,
    "audit trail tells a true story": trails_are_true,
    "nothing is stuck": nothing_stuck,
}


def _pairs(evidence: Evidence) -> Iterator[tuple[Person, Request]]:
    """Everybody with their request; who has none is told of by another promise."""
    for person in evidence.people:
        for request in evidence.of(person)[:1]:
            yield person, request


def _guest(evidence: Evidence, person: Person, request: Request) -> Finding:
    address = person.email.lower()
    found = [user for user in evidence.directory if (user["mail"] or "").lower() == address]
    if len(found) != 1:
        return f"{request.reference} is approved and has {len(found)} guests"
    guest = found[0]
    if guest["userType"] != "Guest" or "deletedDateTime" in guest:
        return f"{request.reference} has an account that is no guest"
    if request.delivery != "done" or (request.made != "returned" and request.guest_id != guest["id"]):
        return f"{request.reference} has guest {guest['id']}, and Foyer says {request.delivery} {request.guest_id}"
    missing = [name for name, value in person.answers.items() if guest.get(name) != value]
    missing += [group for group in GROUPS[person.flow] if guest["groups"].count(group) != 1]
    return f"{request.reference}: its guest lacks {', '.join(missing)}" if missing else None


def _mail_entries(evidence: Evidence) -> dict[tuple[str, str], list[Entry]]:
    found: dict[tuple[str, str], list[Entry]] = {}
    for entry in evidence.entries:
        found.setdefault((entry.request, entry.kind), []).append(entry)
    return found


def _owed(person: Person, request: Request) -> Iterator[str]:
    """The mails that the applicant must have got. A receipt is owed to whoever still waits: else the outcome tells."""
    if request.status == PENDING:
        yield "mail.received"
    if request.status == DENIED and request.tell_applicant:
        yield "mail.denied"
    by_entra = request.invitation_mail == "entra" and request.made == "invited"
    if request.status == APPROVED and person.obstacle is Obstacle.NONE and not by_entra:
        yield "mail.approved"


def _is_cut(evidence: Evidence, mail: Accepted) -> bool:
    """Whether the very process that sent the mail died before long, or the database was out of reach."""
    moment = mail.at
    died = any(pid == mail.sender and 0 <= at - moment <= LEASE_SECONDS for at, pid in evidence.deaths)
    gone = not mail.sender and any(0 <= moment - at <= COMMIT_SECONDS for at, _pid in evidence.deaths)
    cut = any(begun - COMMIT_SECONDS <= moment <= ended + COMMIT_SECONDS for begun, ended in evidence.cuts)
    return died or gone or cut


# From a state (decision, delivery) by an action to the next; "" is no delivery.
STEPS: dict[str, dict[tuple[str, str], tuple[str, str]]] = {
    "request.submitted": {("", ""): (PENDING, "")},
    "request.answers_changed": {(PENDING, ""): (PENDING, "")},
    "request.approved": {(PENDING, ""): (APPROVED, "queued")},
    "request.denied": {(PENDING, ""): (DENIED, "")},
    "request.undone": {(APPROVED, "queued"): (PENDING, ""), (DENIED, ""): (PENDING, "")},
    "delivery.done": {(APPROVED, "queued"): (APPROVED, "done")},
    "delivery.failed": {(APPROVED, "queued"): (APPROVED, "failed")},
    "delivery.returned": {(APPROVED, "queued"): (APPROVED, "done"), (APPROVED, "done"): (APPROVED, "done")},
}


def _retell(trail: list[Event]) -> tuple[tuple[str, str], str]:
    """The state at the end of the story, and what is wrong with it."""
    state, told = ("", ""), Counter[str]()
    for event in trail:
        if event.action == "mail.sent":
            mail = f"{event.data.get('mail')} {event.data.get('user', '')}"
            told[mail] += 1
            if told[mail] > 1:
                return state, f"{mail.strip()} was sent twice"
            continue
        following = STEPS.get(event.action, {}).get(state)
        if following is None:
            return state, f"{event.action} when it was {state}"
        state = following
    return state, ""
