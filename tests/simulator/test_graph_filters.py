"""Lookups: the filters of the contract, quoting, and what Graph would not run."""

from __future__ import annotations

import httpx
import pytest

from tests.simulator.bodies import guest, identity, invitation, other_guest
from tests.simulator.test_graph_users import create, refusal
from tests.simulator_process import SimulatorProcess

ADVANCED = {"ConsistencyLevel": "eventual"}


@pytest.fixture
def people(graph: httpx.Client) -> httpx.Client:
    """Ana by Google, Ben by Facebook, and O'Neil who was invited."""
    create(graph, guest())
    create(graph, other_guest(identities=[identity("facebook.com", "12345")]))
    assert graph.post("/invitations", json=invitation("o'neil@example.net")).status_code == 201
    return graph


def found(graph: httpx.Client, text: str, **headers: str) -> list[str]:
    params = {"$filter": text, "$select": "mail", **({"$count": "true"} if headers else {})}
    answer = graph.get("/users", params=params, headers=headers)
    assert answer.status_code == 200, answer.text
    return [each["mail"] for each in answer.json()["value"]]


@pytest.mark.parametrize(
    ("text", "mails"),
    [
        ("mail eq 'ana@example.org'", ["ana@example.org"]),
        ("mail eq 'ANA@Example.org'", ["ana@example.org"]),
        ("mail eq 'nobody@example.org'", []),
        ("mail eq 'o''neil@example.net'", ["o'neil@example.net"]),
        (
            "identities/any(c:c/issuerAssignedId eq '108234567890123456789' and c/issuer eq 'google.com')",
            ["ana@example.org"],
        ),
        ("identities/any(c:c/issuer eq 'facebook.com' and c/issuerAssignedId eq '12345')", ["ben@example.com"]),
        ("identities/any(c:c/issuerAssignedId eq '12345' and c/issuer eq 'google.com')", []),
        ("identities/any(i:i/issuer eq 'google.com')", ["ana@example.org"]),
        ("otherMails/any(x:x eq 'o''neil@example.net')", ["o'neil@example.net"]),
        ("proxyAddresses/any(x:x eq 'SMTP:ana@example.org')", ["ana@example.org"]),
        ("externalUserState eq 'PendingAcceptance'", ["o'neil@example.net"]),
        ("externalUserState eq null", ["ana@example.org", "ben@example.com"]),
        ("userType eq 'Guest' and startswith(mail,'a')", ["ana@example.org"]),
        (
            "mail eq 'ana@example.org' or (displayName eq 'Ben Okafor' and accountEnabled eq true)",
            ["ana@example.org", "ben@example.com"],
        ),
        ("mail in ('ana@example.org','o''neil@example.net')", ["ana@example.org", "o'neil@example.net"]),
        (f"extension_{SimulatorProcess.extensions_app_id}_Justification eq 'no'", []),
    ],
)
def test_it_finds(text: str, mails: list[str], people: httpx.Client) -> None:
    assert found(people, text) == mails


@pytest.mark.parametrize(
    ("text", "mails"),
    [
        ("externalUserState ne 'PendingAcceptance'", ["ana@example.org", "ben@example.com"]),
        ("not(mail eq 'ana@example.org')", ["ben@example.com", "o'neil@example.net"]),
        ("endsWith(mail,'.com')", ["ben@example.com"]),
    ],
)
def test_some_filters_need_eventual_consistency(text: str, mails: list[str], people: httpx.Client) -> None:
    without = people.get("/users", params={"$filter": text})

    assert refusal(without)[:2] == (400, "Request_UnsupportedQuery")
    assert found(people, text, **ADVANCED) == mails


@pytest.mark.parametrize(
    "text",
    [
        "mail",
        "mail eq",
        "mail eq ana",
        "mail eq 'ana",
        "mail eq 'o'neil@example.net'",
        "mail eq 'a' and",
        "(mail eq 'a'",
        "mail lt 'a'",
        "email eq 'ana@example.org'",
        "identities eq 'x'",
        "identities/any(c:c/issuerAssignedId eq '12345')",
        "identities/any(c:c/issuer eq 'contoso.onmicrosoft.com')",
        "identities/any(c:d/issuer eq 'google.com')",
        "otherMails/any(x:y eq 'a')",
        "; drop table",
    ],
)
def test_it_refuses_a_filter_that_graph_would_not_run(text: str, people: httpx.Client) -> None:
    assert people.get("/users", params={"$filter": text}).status_code == 400


def test_it_pages_and_counts(people: httpx.Client) -> None:
    first = people.get("/users", params={"$top": "2", "$select": "mail", "$count": "true"}).json()
    second = people.get(first["@odata.nextLink"]).json()

    assert first["@odata.count"] == 3
    assert [len(first["value"]), len(second["value"])] == [2, 1]
    assert "@odata.nextLink" not in second


@pytest.mark.parametrize("params", [{"$top": "0"}, {"$top": "1000"}, {"$top": "x"}, {"$expand": "manager"}])
def test_it_refuses_options_it_does_not_know(params: dict[str, str], people: httpx.Client) -> None:
    assert people.get("/users", params=params).status_code == 400
