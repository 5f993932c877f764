"""A sign-up from the first click to the account, as Entra runs it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Literal

import httpx

from simulator.applicants import Applicant, stored_attributes
from simulator.connector_client import ConnectorAnswer, Step, call_connector
from simulator.flows import Flow
from simulator.graph.rules import check_properties
from simulator.guests import sign_up
from simulator.refusals import GraphError
from simulator.store import Document
from simulator.tenant import Tenant

State = Literal["new", "attributes", "blocked", "signed-in", "failed"]


@dataclass
class SignUp:
    """One person at one user flow. `extra` overrides claims at submit, for trying what no page sends."""

    tenant: Tenant
    client: httpx.AsyncClient
    flow: Flow
    applicant: Applicant
    extra: Document = field(default_factory=dict)
    extra_at_check: Document = field(default_factory=dict)
    state: State = "new"
    message: str = ""
    why: str = ""
    attributes: Document = field(default_factory=dict)
    user_id: str | None = None
    answers: dict[Step, ConnectorAnswer] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    async def check(self) -> None:
        """After signing in with the provider: someone who is already a guest never reaches the connector."""
        if self.enters_directly():
            return
        answer = await self._call("check-status", {**self.applicant.claims_at_check(), **self.extra_at_check})
        if answer.verdict == "continue":
            self.attributes = self._first_values(answer.claims)
            self.state = "attributes"
        else:
            self._stopped(answer)

    async def submit(self, attributes: Document) -> None:
        """After the attribute page; a validation error keeps the person, and what they typed, on it."""
        if self.enters_directly():
            return
        self.attributes, self.message = attributes, ""
        claims = {**self.applicant.claims_at_submit(attributes), **self.extra}
        answer = await self._call("submit", claims)
        if answer.verdict == "validation-error":
            self.state, self.message = "attributes", answer.message
        elif answer.verdict == "continue":
            self._create_account({**claims, **answer.claims})
        else:
            self._stopped(answer)

    def enters_directly(self) -> bool:
        """Sign an existing guest in; True when there was one."""
        known = self.applicant.directory_identity()["issuerAssignedId"]
        directory = self.tenant.directory
        user = directory.find_by_identity(self.applicant.provider.directory_issuer, known) if known else None
        by_mail = directory.find_by_mail(self.applicant.email)
        if user is None and by_mail is not None and by_mail.get("externalUserState") == "Accepted":
            user = by_mail
        if user is None or user.get("accountEnabled") is False:
            return False
        self.user_id, self.state = user["id"], "signed-in"
        return True

    async def _call(self, step: Step, claims: Document) -> ConnectorAnswer:
        answer = await call_connector(self.tenant, self.client, self.flow, step, claims)
        self.answers[step] = answer
        return answer

    def _stopped(self, answer: ConnectorAnswer) -> None:
        self.state = "blocked" if answer.verdict == "block" else "failed"
        self.message, self.why = answer.message, answer.why

    def _first_values(self, claims: Document) -> Document:
        """What the attribute page starts with: the provider's names, then what the connector returned."""
        names = self.applicant.claims_at_submit(
            {
                "givenName": self.applicant.given_name,
                "surname": self.applicant.surname,
                "displayName": self.applicant.display_name,
            }
        )
        return self._stored({**names, **claims})

    def _stored(self, claims: Document) -> Document:
        return stored_attributes(claims, self.tenant.settings.extensions_app_id, self.flow.attributes)

    def _create_account(self, claims: Document) -> None:
        attributes = self._stored(claims)
        try:
            check_properties(attributes, self.tenant.settings.extensions_app_id)
            user = sign_up(self.tenant.directory, self.applicant.email, self.applicant.directory_identity(), attributes)
        except GraphError as refusal:
            self.state, self.why = "failed", f"The account could not be created: {refusal.message}"
            return
        self.user_id, self.state = user["id"], "signed-in"
