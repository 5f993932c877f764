"""Groups and their members."""

from __future__ import annotations

import uuid

import httpx
import pytest

from tests.simulator.bodies import guest
from tests.simulator.test_graph_users import create, refusal
from tests.simulator_process import SimulatorProcess


@pytest.fixture
def group(simulator: SimulatorProcess) -> str:
    """The id of a group."""
    (made,) = simulator.post("groups", {"displayName": "Partners"})
    return str(made["id"])


def reference(graph: httpx.Client, user_id: str) -> dict[str, str]:
    return {"@odata.id": f"{graph.base_url}directoryObjects/{user_id}"}


def test_it_adds_and_removes_a_member(group: str, graph: httpx.Client, simulator: SimulatorProcess) -> None:
    user = create(graph, guest())["id"]
    members = f"/groups/{group}/members"

    added = graph.post(f"{members}/$ref", json=reference(graph, user))
    listed = [each["id"] for each in graph.get(members).json()["value"]]
    references = graph.get(f"{members}/$ref").json()["value"]
    in_directory = simulator.users()[0]["groups"]
    removed = graph.delete(f"{members}/{user}/$ref")

    assert (added.status_code, listed, in_directory) == (204, [user], [group])
    assert references == [reference(graph, user)]
    assert removed.status_code == 204
    assert graph.get(members).json()["value"] == []
    assert graph.delete(f"{members}/{user}/$ref").status_code == 404


def test_it_refuses_a_member_who_is_in_already(group: str, graph: httpx.Client) -> None:
    user = create(graph, guest())["id"]
    graph.post(f"/groups/{group}/members/$ref", json=reference(graph, user))

    again = graph.post(f"/groups/{group}/members/$ref", json=reference(graph, user))

    assert refusal(again) == (
        400,
        "Request_BadRequest",
        "One or more added object references already exist for the following modified properties: 'members'.",
        [],
    )


def test_it_does_not_know_other_groups_and_users(group: str, graph: httpx.Client) -> None:
    user, stranger = create(graph, guest())["id"], str(uuid.uuid4())

    unknown_user = graph.post(f"/groups/{group}/members/$ref", json=reference(graph, stranger))
    unknown_group = graph.post(f"/groups/{stranger}/members/$ref", json=reference(graph, user))

    assert refusal(unknown_user)[:2] == (404, "Request_ResourceNotFound")
    assert refusal(unknown_group)[:2] == (404, "Request_ResourceNotFound")


@pytest.mark.parametrize(
    "wrong", [{}, {"@odata.id": "x"}, {"@odata.id": "https://graph.microsoft.com/v1.0/directoryObjects/1"}]
)
def test_it_refuses_a_reference_that_is_not_of_this_graph(
    wrong: dict[str, str], group: str, graph: httpx.Client
) -> None:
    answer = graph.post(f"/groups/{group}/members/$ref", json=wrong)

    assert refusal(answer)[:2] == (400, "Request_BadRequest")


def test_a_restored_user_is_in_the_group_again(group: str, graph: httpx.Client) -> None:
    user = create(graph, guest())["id"]
    graph.post(f"/groups/{group}/members/$ref", json=reference(graph, user))
    graph.delete(f"/users/{user}")
    meanwhile = graph.get(f"/groups/{group}/members").json()["value"]
    graph.post(f"/directory/deletedItems/{user}/restore")

    assert meanwhile == []
    assert [each["id"] for each in graph.get(f"/groups/{group}/members").json()["value"]] == [user]


def test_it_lists_groups(group: str, graph: httpx.Client) -> None:
    found = graph.get("/groups", params={"$filter": "displayName eq 'partners'"}).json()["value"]

    assert [each["id"] for each in found] == [group]
    assert graph.get(f"/groups/{group}", params={"$select": "displayName"}).json()["displayName"] == "Partners"
    assert len(graph.get("/groups").json()["value"]) == 3
