"""The control API: what tests put in and look at."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.bodies import guest
from tests.simulator_process import SimulatorProcess


def test_it_fills_in_what_a_user_lacks(simulator: SimulatorProcess) -> None:
    (put,) = simulator.post("users", {"mail": "ana@example.org"})

    (user,) = simulator.users()
    assert user["id"] == put["id"]
    assert (user["userType"], user["accountEnabled"]) == ("Guest", True)
    assert user["userPrincipalName"] == f"ana_example.org#EXT#@{simulator.tenant_domain}"
    assert user["groups"] == []


def test_it_takes_many_users_and_members_of_groups(simulator: SimulatorProcess) -> None:
    people = [{"mail": f"person{number}@example.org"} for number in range(3)]
    ids = [each["id"] for each in simulator.post("users", people)]
    (group,) = simulator.post("groups", {"displayName": "Partners", "members": ids[:2]})

    assert [user["groups"] for user in simulator.users()] == [[group["id"]], [group["id"]], []]


def test_it_takes_a_member_without_an_address(simulator: SimulatorProcess) -> None:
    (admin,) = simulator.post("users", {"userPrincipalName": f"admin@{simulator.tenant_domain}", "userType": "Member"})

    assert (admin["mail"], admin["proxyAddresses"]) == (None, [])


@pytest.mark.parametrize("wrong", [{}, [5], "ana", {"mail": "taken@example.org"}])
def test_it_refuses_a_user_that_cannot_be(wrong: Any, simulator: SimulatorProcess) -> None:
    simulator.post("users", {"mail": "taken@example.org"})

    assert simulator.http.post("/control/users", json=wrong).status_code == 400
    assert len(simulator.users()) == 1


def test_a_reset_leaves_an_empty_tenant(simulator: SimulatorProcess) -> None:
    simulator.post("users", guest())
    simulator.post("groups", {"displayName": "Partners"})
    simulator.post("staff", {"name": "Eva", "userPrincipalName": "eva@fabrikam.onmicrosoft.com"})
    simulator.fault("throttle")
    simulator.reset()

    assert simulator.users() == []
    assert len(simulator.get("directory")["groups"]) == 2
    assert "Eva" not in [each["name"] for each in simulator.get("staff")]
    assert simulator.get("faults") == []
    assert simulator.get("graph-calls") == []


def test_another_site_cannot_press_its_buttons(simulator: SimulatorProcess) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}

    assert simulator.http.post("/control/reset", headers=foreign).status_code == 403
    assert simulator.http.get("/control/directory", headers=foreign).status_code == 200
    assert simulator.http.post("/control/reset", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 204


def test_it_answers_a_body_that_is_no_json(simulator: SimulatorProcess) -> None:
    answer = simulator.http.post("/control/users", content=b"{")

    assert (answer.status_code, answer.json()) == (400, {"error": "the body is not JSON"})
