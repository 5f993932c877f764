"""Entra's side of a sign-up, and the person's: twenty seconds, one more call, and starting again after "try again later"."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from chaos.people import Person

TIMEOUT_SECONDS = 20.0
ATTEMPTS = 2
REFERENCE = re.compile(r"\b[2-9CDFGHJKMNPQRTVWXYZ]{3}-[2-9CDFGHJKMNPQRTVWXYZ]{4}\b")


@dataclass(frozen=True)
class Connector:
    """Where a flow's endpoints are, and with which credential they are called."""

    url: str
    username: str
    password: str


async def sign_up(client: httpx.AsyncClient, connector: Connector, person: Person, chance: random.Random) -> None:
    """Try until the person is told a reference."""
    while not person.references:
        if await _try_once(client, connector, person):
            return
        person.refusals += 1
        await asyncio.sleep(chance.uniform(0.5, 2.5))


async def _try_once(client: httpx.AsyncClient, connector: Connector, person: Person) -> bool:
    """One visit to the sign-up page; whether it ended with a reference."""
    answer = await _call(client, connector, "check-status", person.account.claims_at_check(), person)
    if answer is None or answer["action"] != "Continue":
        return _heard(person, answer)
    claims = person.account.claims_at_submit(person.answers)
    presses = 2 if person.impatient else 1
    told = await asyncio.gather(*(_call(client, connector, "submit", claims, person) for _ in range(presses)))
    if any(each is not None and each["action"] != "ShowBlockPage" for each in told):
        person.misunderstood.append(f"answered {told} at submit")
    for each in told:
        _heard(person, each)
    return bool(person.references)


async def _call(
    client: httpx.AsyncClient, connector: Connector, step: str, claims: Mapping[str, Any], person: Person
) -> dict[str, Any] | None:
    """What the connector answers, as Entra asks: once more after a timeout, a broken connection or a 5xx."""
    for _attempt in range(ATTEMPTS):
        person.calls += 1
        try:
            response = await client.post(
                f"{connector.url}/{step}",
                json=claims,
                auth=(connector.username, connector.password),
                timeout=TIMEOUT_SECONDS,
            )
        except httpx.TransportError:
            continue
        if response.status_code < 500:
            return _understood(response, person)
        person.misunderstood.append(f"HTTP {response.status_code} at {step}")
    return None


def _understood(response: httpx.Response, person: Person) -> dict[str, Any] | None:
    """The answer, if it is one that Entra takes from these people."""
    answer: dict[str, Any] = response.json()
    if response.status_code == 200 and answer.get("action") in ("Continue", "ShowBlockPage"):
        return answer
    person.misunderstood.append(f"HTTP {response.status_code}, {answer.get('action')}")
    return None


def _heard(person: Person, answer: Mapping[str, Any] | None) -> bool:
    """Remember the reference on the page, if there is one."""
    found = REFERENCE.findall(answer.get("userMessage", "")) if answer else []
    person.references.update(found)
    return bool(found)
