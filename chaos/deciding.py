"""The reviewers' side: decisions through the staff API and on the review pages, repeated until the answer is certain."""

from __future__ import annotations

import asyncio
import re
from typing import Protocol
from uuid import uuid4

import httpx

from chaos.people import Person, Wish

AGAIN_SECONDS = 0.7
PENDING, APPROVED = "pending", "approved"


class Reviewer(Protocol):
    """Somebody who decides. Each deed returns the state of the request as it was shown afterwards."""

    async def decide(self, reference: str, deed: str) -> str:
        """Approve or deny."""

    async def undo(self, reference: str) -> str:
        """Take a decision back; `approved` when it was too late."""


async def carry_out(reviewer: Reviewer, person: Person) -> None:
    """Do what is wished with the person's request, and remember the state that the reviewer was shown."""
    if person.wish is Wish.LEAVE:
        person.told = PENDING
        return
    deed = "deny" if person.wish is Wish.DENY else "approve"
    person.told = await reviewer.decide(person.reference, deed)
    if person.wish is Wish.UNDO:
        person.told = await reviewer.undo(person.reference)


class Program:
    """A staff system with a token. Whatever is no answer of the API is asked again."""

    def __init__(self, client: httpx.AsyncClient, url: str, token: str) -> None:
        self._client, self._url = client, f"{url}/api/v1/requests"
        self._headers = {"Authorization": f"Bearer {token}"}

    async def decide(self, reference: str, deed: str) -> str:
        """Approve or deny."""
        return await self._settle(reference, deed, {})

    async def undo(self, reference: str) -> str:
        """Take a decision back."""
        return await self._settle(reference, "undo", {})

    async def _settle(self, reference: str, deed: str, body: dict[str, str]) -> str:
        key = str(uuid4())
        while True:
            answer = await self._post(f"{self._url}/{reference}/{deed}", body, key)
            if answer is not None and answer.status_code == 200:
                return str(answer.json()["status"])
            if answer is not None and answer.status_code == 409:
                refusal = answer.json()
                if "request" in refusal:
                    return str(refusal["request"]["status"])
                # The call with this key was cut off; what it did shows in the answer to a new one.
                key = str(uuid4())
            await asyncio.sleep(AGAIN_SECONDS)

    async def _post(self, url: str, body: dict[str, str], key: str) -> httpx.Response | None:
        try:
            return await self._client.post(
                url, json=body, headers={**self._headers, "Idempotency-Key": key}, timeout=20
            )
        except httpx.TransportError:
            return None


class Browser:
    """A person at the review pages, without JavaScript: forms with their CSRF tokens, and a session."""

    def __init__(self, client: httpx.AsyncClient, url: str, username: str, password: str) -> None:
        self._client, self._url = client, url
        self._username, self._password = username, password

    async def decide(self, reference: str, deed: str) -> str:
        """Approve or deny: open the request and press the button that is there."""
        return await self._press(reference, deed)

    async def undo(self, reference: str) -> str:
        """Press Undo, if it is still there."""
        return await self._press(reference, "undo")

    async def _press(self, reference: str, deed: str) -> str:
        """Press the button until it is gone; the state that the page shows then."""
        path = f"/requests/{reference}"
        while True:
            page = await self._open(f"{path}/")
            if page is None:
                await asyncio.sleep(AGAIN_SECONDS)
                continue
            form = _form(page, f"{path}/{deed}")
            if form is None:
                # Done already, by a press whose answer was lost; or too late.
                return _state(page)
            answer = await self._send(f"{path}/{deed}", form)
            if answer is None or answer.status_code >= 500:
                await asyncio.sleep(AGAIN_SECONDS)

    async def _open(self, path: str) -> str | None:
        """The page, after signing in if need be; None when there is none at the moment."""
        try:
            response = await self._client.get(f"{self._url}{path}", timeout=20)
            if response.status_code == 302:
                await self._sign_in()
                response = await self._client.get(f"{self._url}{path}", timeout=20)
        except httpx.TransportError:
            return None
        return response.text if response.status_code == 200 else None

    async def _sign_in(self) -> None:
        page = await self._client.get(f"{self._url}/accounts/sign-in", timeout=20)
        form = _form(page.text, "/sign-in") or {}
        await self._client.post(
            f"{self._url}/accounts/sign-in",
            data={**form, "username": self._username, "password": self._password},
            timeout=20,
        )

    async def _send(self, path: str, form: dict[str, str]) -> httpx.Response | None:
        try:
            return await self._client.post(f"{self._url}{path}", data=form, timeout=20)
        except httpx.TransportError:
            return None


def _form(page: str, action: str) -> dict[str, str] | None:
    """The hidden fields of the page's form with that address; None when there is no such form."""
    found = re.search(rf'<form[^>]*action="[^"]*{re.escape(action)}"[^>]*>(.*?)</form>', page, re.DOTALL)
    if found is None:
        return None
    fields = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', found[1])
    return {**dict(fields), **({"tell_applicant": "on"} if action.endswith("/deny") else {})}


def _state(page: str) -> str:
    found = re.search(r'class="pill (\w+)"', page)
    return found[1] if found else ""
