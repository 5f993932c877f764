"""One run: people and reviewers on one side, the storm on the other, and then the quiet in which all must come right."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from contextlib import AsyncExitStack

import httpx
import psycopg

from chaos import storm
from chaos.deciding import APPROVED, Browser, Program, Reviewer, carry_out
from chaos.entra import sign_up
from chaos.evidence import Evidence, gather
from chaos.installation import Installation
from chaos.people import VISITORS, Obstacle, Person, cast
from chaos.plan import Plan
from chaos.strikes import Stage

PROGRAMS = 4
LONGEST_THINKING = 6.0
LOOK_SECONDS = 2.0
Waiting = asyncio.Queue[tuple[Person, asyncio.Event]]
LEFT = """
SELECT (SELECT count(*) FROM approvals_outboxentry WHERE state = 'queued')
     + (SELECT count(*) FROM approvals_delivery WHERE state = 'queued')
"""


async def run(plan: Plan, house: Installation, stage: Stage) -> Evidence:
    """Let it happen, wait for quiet, and look at what is left. Ends the storm when it is cancelled."""
    people = cast(plan.seed, plan.sign_ups, plan.arriving)
    strangers = await asyncio.to_thread(_put_obstacles, house, people)
    blowing = asyncio.create_task(asyncio.to_thread(storm.blow, stage))
    try:
        crowd = asyncio.create_task(_crowd(plan, house, people))
        await blowing
        deadline = time.monotonic() + plan.quiet
        await _until(crowd, plan.quiet)
        await asyncio.to_thread(_wait_for_quiet, house, deadline, stage.over)
    finally:
        stage.over.set()
        await asyncio.wait([blowing])
    return await asyncio.to_thread(gather, stage, people, strangers)


async def _until(crowd: asyncio.Task[None], seconds: float) -> None:
    """Wait for people to end by themselves; those who cannot are told of by a promise."""
    try:
        await asyncio.wait_for(crowd, seconds)
    except TimeoutError:
        return


async def _crowd(plan: Plan, house: Installation, people: list[Person]) -> None:
    """Everybody signs up in their own time; reviewers take requests as they come."""
    for_programs: Waiting = asyncio.Queue()
    for_browsers: Waiting = asyncio.Queue()
    async with AsyncExitStack() as cleaning:
        entra = await cleaning.enter_async_context(_client(100))
        staff = [Program(entra, house.url, house.token) for _ in range(PROGRAMS)]
        browsers = [
            Browser(await cleaning.enter_async_context(_client(2)), house.url, name, house.password)
            for name in (house.reviewer, house.reviewer)
        ]
        async with asyncio.TaskGroup() as group:
            reviewing = [
                *(group.create_task(_review(each, for_programs)) for each in staff),
                *(group.create_task(_review(each, for_browsers)) for each in browsers),
            ]
            queues = (for_browsers if person.by_page else for_programs for person in people)
            stories = (_live(plan, house, entra, each, queue) for each, queue in zip(people, queues, strict=True))
            await asyncio.gather(*stories)
            for each in reviewing:
                each.cancel()


async def _live(plan: Plan, house: Installation, client: httpx.AsyncClient, person: Person, queue: Waiting) -> None:
    """Sign up, be reviewed after a while, and come back where that is how it goes on."""
    chance = random.Random(f"{plan.seed} {person.number}")  # noqa: S311 - a cast, and no secret
    await asyncio.sleep(person.arrives)
    await sign_up(client, house.connectors[person.flow], person, chance)
    await asyncio.sleep(chance.uniform(0, LONGEST_THINKING))
    reviewed = asyncio.Event()
    queue.put_nowait((person, reviewed))
    await reviewed.wait()
    if person.flow == VISITORS and person.told == APPROVED:
        await _come_back(house, person)


async def _review(reviewer: Reviewer, queue: Waiting) -> None:
    while True:
        person, reviewed = await queue.get()
        await carry_out(reviewer, person)
        reviewed.set()


async def _come_back(house: Installation, person: Person) -> None:
    """Where Entra makes the guest: sign up again when the mail has come, as it says."""
    while person.email.lower() not in await asyncio.to_thread(_told_of_approval, house):
        await asyncio.sleep(LOOK_SECONDS)
    while not person.returned:
        person.returned = await asyncio.to_thread(_sign_up_again, house, person)
        await asyncio.sleep(0.5)


def _told_of_approval(house: Installation) -> set[str]:
    """The addresses to which the mail of an approval has come; nobody's while the database cannot be asked."""
    try:
        with house.postgres.connect() as connection:
            query = "SELECT id::text FROM approvals_outboxentry WHERE kind = 'mail.approved'"
            approvals = {row[0] for row in connection.execute(query)}
    except psycopg.OperationalError:
        return set()
    return {mail.recipient for mail in tuple(house.mail.ledger) if mail.entry in approvals}


def _sign_up_again(house: Installation, person: Person) -> bool:
    told = house.tenant.sign_up(
        person.email,
        flow=person.flow,
        provider=person.provider,
        claims=person.answers,
        ui_locales=person.account.ui_locales,
    )
    return bool(told["outcome"] == "signed-in")


def _put_obstacles(house: Installation, people: list[Person]) -> frozenset[str]:
    """Whoever holds an address before its owner signs up."""
    wanted = [_holder(person) for person in people if person.obstacle is not Obstacle.NONE]
    return frozenset(user["id"] for user in house.tenant.post("users", wanted))


def _holder(person: Person) -> dict[str, object]:
    mail = person.email.lower()
    if person.obstacle is Obstacle.DELETED:
        return {"mail": mail, "deletedDateTime": "2026-01-02T03:04:05Z"}
    if person.obstacle is Obstacle.MEMBER:
        return {"mail": mail, "userType": "Member"}
    identity = {"signInType": "federated", "issuer": "google.com", "issuerAssignedId": f"9{person.number:020}"}
    return {"mail": mail, "identities": [identity]}


def _wait_for_quiet(house: Installation, deadline: float, over: threading.Event) -> None:
    """Return when nothing is left to do, or when the time is over: what is left then is told by a promise."""
    with house.postgres.connect() as connection:
        while _left(connection) and time.monotonic() < deadline:
            if over.wait(0.5):
                return


def _left(connection: psycopg.Connection) -> int:
    row = connection.execute(LEFT).fetchone()
    return int(row[0]) if row else 0


def _client(connections: int) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=0)
    return httpx.AsyncClient(trust_env=False, limits=limits)
