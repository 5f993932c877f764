"""Calls to the pretend Graph."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from accounts.graph import client, payloads
from accounts.graph.errors import GraphRefused
from approvals.applicant import Identity
from approvals.errors import Later
from tests.factories import make_applicant, make_identity
from tests.simulator_process import SimulatorProcess

GROUP = "7d0c2f6e-1f5b-4c7e-9a54-6f6a0f3b9d11"


def put(tenant: SimulatorProcess, **user: Any) -> str:
    """Put somebody into the directory; the object id."""
    [made] = tenant.post("users", user)
    return str(made["id"])


@pytest.mark.parametrize(
    "address", ["john@x.example", "o'brien@x.example", "a+b#c&d=e@x.example", "100%@x.example", "a/b?c@x.example"]
)
@pytest.mark.parametrize("place", ["mail", "otherMails", "proxyAddresses"])
def test_it_finds_an_address_wherever_the_directory_keeps_it(
    tenant: SimulatorProcess, address: str, place: str
) -> None:
    values = {"mail": address, "otherMails": [address], "proxyAddresses": [f"smtp:{address}"]}
    user = put(tenant, **{"userPrincipalName": "someone@fabrikam.onmicrosoft.com", place: values[place]})
    put(tenant, mail="other@x.example")

    assert [person.id for person in client.find_by_address(address.upper())] == [user]


def test_it_finds_an_identity_and_only_that_one(tenant: SimulatorProcess) -> None:
    identity = {"signInType": "federated", "issuer": "google.com", "issuerAssignedId": "o'1"}
    user = put(tenant, mail="john@x.example", identities=[identity])
    put(tenant, mail="jane@x.example", identities=[{**identity, "issuer": "facebook.com"}])

    assert [person.id for person in client.find_by_identity(Identity("federated", "google.com", "o'1"))] == [user]


def test_it_reads_the_living_and_the_deleted(tenant: SimulatorProcess) -> None:
    living = put(tenant, mail="john@x.example")
    deleted = put(tenant, mail="jane@x.example", deletedDateTime="2026-11-01T00:00:00Z")

    assert client.read_user(living) is not None
    assert client.read_user(deleted) is None
    assert client.read_deleted(deleted) is not None
    assert client.read_deleted(living) is None
    assert [person.id for person in client.find_deleted("jane@x.example")] == [deleted]


def test_it_names_each_call_anew_and_logs_its_name(tenant: SimulatorProcess) -> None:
    client.find_by_address("john@x.example")
    client.find_by_address("john@x.example")

    names = [call["client_request_id"] for call in tenant.get("graph-calls")]
    assert len({UUID(name) for name in names}) == 2


def test_it_gets_a_new_token_when_graph_refuses_the_old_one(tenant: SimulatorProcess) -> None:
    client.find_by_address("john@x.example")
    tenant.fault("rejected_token", count=1)

    assert client.find_by_address("john@x.example") == []
    assert [call["status"] for call in tenant.get("graph-calls")] == [200, 401, 200]


def test_it_gives_up_on_a_token_that_is_refused_again(tenant: SimulatorProcess) -> None:
    tenant.fault("rejected_token")

    with pytest.raises(GraphRefused) as raised:
        client.find_by_address("john@x.example")

    assert raised.value.status == 401
    assert len(tenant.get("graph-calls")) == 2


def test_it_notices_at_once_that_consent_was_given(tenant: SimulatorProcess) -> None:
    """Permissions are in the token: one of before the consent would be refused for an hour."""
    tenant.fault("missing_permission", value="User.ReadWrite.All")
    body = payloads.guest(make_applicant(), make_identity(), tenant.tenant_domain)
    with pytest.raises(GraphRefused) as raised:
        client.create_guest(body)
    assert (raised.value.status, raised.value.permission) == (403, "User.ReadWrite.All")
    with pytest.raises(GraphRefused):
        client.create_guest(body)
    tenant.clear_faults()

    assert client.create_guest(body)


def test_it_tries_a_token_that_it_kept_once_more_before_it_says_no(tenant: SimulatorProcess) -> None:
    client.read_one_user()
    tenant.fault("missing_permission", count=1)

    client.read_one_user()

    assert [call["status"] for call in tenant.get("graph-calls")] == [200, 403, 200]


def test_it_makes_a_group_member_with_an_address_of_this_cloud(tenant: SimulatorProcess) -> None:
    user = put(tenant, mail="john@x.example")

    client.add_member(GROUP, user)

    assert tenant.users()[0]["groups"] == [GROUP]
    with pytest.raises(GraphRefused) as raised:
        client.add_member(GROUP, user)
    assert raised.value.is_already_member


@pytest.mark.parametrize("path", ["", "/", "/v1.0"])
def test_it_does_not_mind_a_path_in_the_setting(tenant: SimulatorProcess, settings: Settings, path: str) -> None:
    settings.GRAPH_URL = tenant.graph_url + path

    assert client.find_by_address("john@x.example") == []
    assert client.base_url() == f"{tenant.graph_url}/v1.0"


def test_it_lets_no_call_out_while_graph_asks_for_a_pause(tenant: SimulatorProcess) -> None:
    tenant.fault("throttle", count=1, value=300.5)
    with pytest.raises(GraphRefused):
        client.read_one_user()

    with pytest.raises(Later) as raised:
        client.read_one_user()

    assert raised.value.delay is not None
    assert 240 < raised.value.delay <= 300.5 * 1.2
    assert len(tenant.get("graph-calls")) == 1


@pytest.mark.parametrize("value", [500, 502, 503, 504])
def test_it_raises_whatever_is_no_success(tenant: SimulatorProcess, value: int) -> None:
    tenant.fault("unavailable", count=1, value=value)

    with pytest.raises(GraphRefused) as raised:
        client.read_one_user()

    assert raised.value.status == value
    assert not raised.value.is_definite
