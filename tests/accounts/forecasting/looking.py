"""What tests of forecasts do and look at."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts import forecasting
from approvals import outbox, workflow
from approvals.errors import Later
from approvals.forecasts import Outlook, outlook_of
from approvals.models import Forecast, OutboxEntry, SignUpRequest, UserFlow
from tests.factories import make_identity, make_request
from tests.simulator_process import SimulatorProcess

ADDRESS = "john.smith@fabrikam.example"
GOOGLE = {"signInType": "federated", "issuer": "google.com", "issuerAssignedId": "108204268033311374519"}
FACEBOOK = {"signInType": "federated", "issuer": "facebook.com", "issuerAssignedId": "0123456789"}
ENTRA = {"signInType": "federated", "issuer": "ExternalAzureAD", "issuerAssignedId": None}


def ask(flow: UserFlow, *, provider: str = "google", **fields: Any) -> SignUpRequest:
    """A pending request; `provider` `entra` is somebody for whom Entra sends no identity."""
    issuers = {"google": "google.com", "facebook": "facebook.com", "mail": "mail"}
    identities = (make_identity(issuers[provider]),) if provider in issuers else ()
    return make_request(flow, identities=identities, **fields)


def put(tenant: SimulatorProcess, **user: Any) -> str:
    """Put somebody into the directory; the object id."""
    [made] = tenant.post("users", {"mail": ADDRESS, **user})
    return str(made["id"])


def entry_of(request: SignUpRequest) -> OutboxEntry:
    """The look that is queued for a request, as a worker loads it."""
    looks = OutboxEntry.objects.queued().filter(request=request, kind="tenant.look")
    if not looks.exists():
        outbox.enqueue("tenant.look", request=request)
    return looks.select_related("request__flow").get()


def look(request: SignUpRequest) -> Later | None:
    """One look of a worker's; the Later that it ended with, if it did."""
    try:
        forecasting.look(entry_of(request))
    except Later as later:
        return later
    return None


def look_anew(request: SignUpRequest) -> Later | None:
    """One look more, as when somebody has asked for it a while after the last one."""
    OutboxEntry.objects.queued().filter(request=request).update(state=OutboxEntry.State.DONE)
    Forecast.objects.filter(pk=request.pk).update(at=timezone.now() - timedelta(minutes=1))
    workflow.look_again(request.pk, actor=None)
    return look(request)


def found(request: SignUpRequest) -> tuple[str, dict[str, Any]]:
    """Code and facts of the forecast."""
    forecast = Forecast.objects.get(pk=request.pk)
    return forecast.code, forecast.facts


def told(request: SignUpRequest) -> Outlook:
    """What a reviewer reads."""
    outlook = outlook_of(SignUpRequest.objects.select_related("flow", "forecast").get(pk=request.pk))
    assert outlook is not None
    return outlook


def calls(tenant: SimulatorProcess) -> list[str]:
    """What was asked of Graph, without queries."""
    return [f"{call['method']} {call['path'].partition('?')[0]}" for call in tenant.get("graph-calls")]
