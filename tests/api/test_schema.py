"""The OpenAPI description, and the live API held against it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
import yaml
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings

from accounts.models import User
from approvals.models import UserFlow
from tests.api.calling import Caller, body
from tests.factories import make_request

OPERATIONS = [
    "list_requests",
    "show_request",
    "approve",
    "deny",
    "undo",
    "reopen",
    "retry",
    "list_flows",
    "list_audit_events",
]
STATES = ["pending", "approved", "denied", "failed", "provisioned"]
# A call may be right in itself and still come too late (409) or with a key that was used for another (422).
FOR_GOOD_CALLS = ["2xx", "401", "403", "404", "409", "422"]
CONFIG = schemathesis.Config.from_dict({"checks": {"positive_data_acceptance": {"expected-statuses": FOR_GOOD_CALLS}}})


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """One database connection throughout: closing it between calls, as a server may, would end the test's transaction."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@pytest.fixture
def described(kept_connection: None, api: Caller, flow: UserFlow, ben: User) -> Any:
    """The live API with requests in every state, as its own description presents it."""
    known = [make_request(flow, email=f"{s}@x.example", status=s, by=ben).reference for s in STATES]
    headers = {"Authorization": f"Bearer {api.token}"}
    application = get_wsgi_application()
    schema = schemathesis.openapi.from_wsgi("/api/v1/schema?format=json", application, headers=headers, config=CONFIG)

    @schema.hook
    def map_path_parameters(_context: Any, parameters: dict[str, Any] | None) -> dict[str, Any] | None:
        """Four times of five a request that exists: the rest of the API lies behind it."""
        if parameters and "reference" in parameters:
            chosen = sum(str(parameters["reference"]).encode("utf-8", "surrogatepass")) % (len(known) + 1)
            parameters["reference"] = (*known, parameters["reference"])[chosen]
        return parameters

    return schema


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
@pytest.mark.parametrize("operation_id", OPERATIONS)
def test_it_answers_every_call_as_described(
    described: Any, api: Caller, operation_id: str, mode: schemathesis.GenerationMode
) -> None:
    operation = described.find_operation_by_id(operation_id)

    @settings(
        max_examples=20,
        derandomize=True,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {api.token}"})

    call()


def test_it_describes_itself_as_yaml_and_as_json(api: Caller) -> None:
    as_yaml, as_json = api.get("schema"), api.get("schema", format="json")
    assert as_yaml["Content-Type"].startswith("application/vnd.oai.openapi")
    assert yaml.safe_load(as_yaml.content) == body(as_json)


def test_it_describes_the_staff_api_and_nothing_else(api: Caller) -> None:
    description = body(api.get("schema", format="json"))
    assert all(path.startswith("/api/v1/") for path in description["paths"])
    operations = [operation for path in description["paths"].values() for operation in path.values()]
    assert sorted(operation["operationId"] for operation in operations) == sorted(OPERATIONS)
    for operation in operations:
        assert operation["summary"]
        assert operation["description"]
        assert {"apiToken": []} in operation["security"]
        assert {"200", "401", "403"} <= operation["responses"].keys()
