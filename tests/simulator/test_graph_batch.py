"""Several requests in one."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.simulator.bodies import guest, invitation
from tests.simulator_process import SimulatorProcess

JSON = {"Content-Type": "application/json"}


def part(key: str, method: str, url: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "method": method, "url": url, **more}


def test_it_answers_each_part_in_its_own_way_and_in_any_order(graph: httpx.Client) -> None:
    parts = [
        part("1", "POST", "/users", headers=JSON, body=guest()),
        part("2", "POST", "/users", headers=JSON, body=guest()),
        part("3", "GET", "/users?$select=mail&$filter=mail%20eq%20'ana@example.org'"),
        part("4", "PATCH", "/users/unknown", headers=JSON, body={"city": "Porto"}),
    ]

    answer = graph.post("/$batch", json={"requests": parts})

    responses = answer.json()["responses"]
    assert [each["id"] for each in responses] != ["1", "2", "3", "4"]
    by_id = {each["id"]: each for each in responses}
    assert [by_id[key]["status"] for key in "1234"] == [201, 400, 200, 404]
    assert by_id["2"]["body"]["error"]["details"][0]["code"] == "ObjectConflict"
    assert [each["mail"] for each in by_id["3"]["body"]["value"]] == ["ana@example.org"]


def test_a_part_can_be_throttled_on_its_own(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    simulator.fault("throttle", match="/invitations", value=2.128, count=1)
    parts = [part("1", "POST", "/invitations", headers=JSON, body=invitation()), part("2", "GET", "/users")]

    by_id = {each["id"]: each for each in graph.post("/$batch", json={"requests": parts}).json()["responses"]}

    assert (by_id["1"]["status"], by_id["1"]["headers"]["Retry-After"]) == (429, "2.128")
    assert by_id["2"]["status"] == 200


def test_a_part_fails_with_the_one_it_depends_on(graph: httpx.Client) -> None:
    parts = [part("a", "GET", "/users/unknown"), part("b", "GET", "/users", dependsOn=["a"])]

    by_id = {each["id"]: each for each in graph.post("/$batch", json={"requests": parts}).json()["responses"]}

    assert (by_id["a"]["status"], by_id["b"]["status"]) == (404, 424)


@pytest.mark.parametrize(
    "requests",
    [
        [],
        [part(str(number), "GET", "/users") for number in range(21)],
        [part("a", "GET", "/users"), part("A", "GET", "/users")],
        [part("1", "GET", "/v1.0/users")],
        [part("1", "GET", "https://localhost/users")],
        [part("1", "POST", "/$batch", headers=JSON, body={"requests": []})],
        [part("1", "POST", "/users", body={})],
        [part("1", "GET", "/users", dependsOn=["2"]), part("2", "GET", "/users")],
    ],
)
def test_it_refuses_a_malformed_batch(requests: list[Any], graph: httpx.Client) -> None:
    assert graph.post("/$batch", json={"requests": requests}).status_code == 400
