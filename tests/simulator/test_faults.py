"""Misbehaviour of sign-in and Graph: each kind does what it says, as often as it says."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest

from tests.simulator.bodies import guest, invitation, other_guest
from tests.simulator.test_graph_users import create, refusal
from tests.simulator_process import SimulatorProcess


def test_throttling_tells_when_to_come_back(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    simulator.fault("throttle", count=2, value=2.128)
    answers = [graph.get("/users") for _ in range(3)]

    assert [each.status_code for each in answers] == [429, 429, 200]
    assert answers[0].headers["retry-after"] == "2.128"
    assert refusal(answers[0])[1] == "TooManyRequests"


@pytest.mark.parametrize("status", [500, 503, 504])
def test_it_can_be_down(status: int, graph: httpx.Client, simulator: SimulatorProcess) -> None:
    simulator.fault("unavailable", count=1, value=status)

    assert refusal(graph.get("/users"))[0] == status
    assert graph.get("/users").status_code == 200


def test_a_gateway_answers_with_a_page(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    simulator.fault("unavailable", count=1, value=502)
    answer = graph.get("/users")

    assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")
    assert "<h1>" in answer.text


def test_a_fault_only_strikes_what_it_names(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    simulator.fault("unavailable", match="post /v1.0/users")

    assert graph.get("/users").status_code == 200
    assert [graph.post("/users", json=guest()).status_code for _ in range(2)] == [503, 503]
    simulator.clear_faults()
    assert graph.post("/users", json=guest()).status_code == 201


def test_one_fault_of_several_can_be_cleared(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    simulator.fault("unavailable", match="POST", value=500)
    simulator.fault("unavailable", match="GET", value=502)
    writing, _reading = simulator.get("faults")

    assert simulator.http.delete("/control/faults", params={"id": writing["id"]}).status_code == 204
    assert graph.post("/users", json=guest()).status_code == 201
    assert graph.get("/users").status_code == 502


def test_a_standing_fault_of_graph_leaves_the_token_endpoint_alone(simulator: SimulatorProcess) -> None:
    simulator.fault("unavailable")

    assert simulator.application_token()


def test_it_hangs_and_does_nothing_for_a_caller_who_left(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    simulator.fault("hang", count=1, match="POST /v1.0/users", value=0.5)
    with pytest.raises(httpx.ReadTimeout):
        graph.post("/users", json=guest(), timeout=0.1)

    # The journal has the call once the hanging is over.
    deadline = time.monotonic() + 10
    while not simulator.get("graph-calls"):
        assert time.monotonic() < deadline
    assert simulator.users() == []


def test_it_hangs_and_then_answers_a_patient_caller(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    simulator.fault("hang", count=1, value=0.3)
    started = time.monotonic()
    create(graph, guest())

    assert time.monotonic() - started >= 0.3


@pytest.mark.parametrize(("path", "body"), [("/users", guest()), ("/invitations", invitation())])
def test_it_does_the_work_and_loses_the_answer(
    path: str, body: dict[str, Any], graph: httpx.Client, simulator: SimulatorProcess
) -> None:
    simulator.fault("lost_answer", count=1, match=f"POST /v1.0{path}")
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        graph.post(path, json=body)

    assert [user["mail"] for user in simulator.users()] == ["ana@example.org"]
    assert [call["lost"] for call in simulator.get("graph-calls")] == [True]
    # The service itself goes on.
    assert graph.get("/users").status_code == 200


def test_it_loses_the_answer_for_a_caller_who_has_left(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    simulator.fault("hang", count=1, value=0.5, match="POST /v1.0/users")
    simulator.fault("lost_answer", count=1, match="POST /v1.0/users")
    with pytest.raises(httpx.ReadTimeout):
        graph.post("/users", json=guest(), timeout=0.2)

    deadline = time.monotonic() + 10
    while not simulator.get("graph-calls"):
        assert time.monotonic() < deadline
    assert graph.get("/users").status_code == 200


@pytest.mark.parametrize(("path", "body"), [("/users", guest()), ("/invitations", invitation())])
def test_a_new_user_arrives_late_at_the_replicas(
    path: str, body: dict[str, Any], graph: httpx.Client, simulator: SimulatorProcess
) -> None:
    simulator.fault("replication_lag", count=1, value=1.5)
    made = graph.post(path, json=body).json()
    user = made.get("invitedUser", made)["id"]
    one, many = f"/users/{user}", {"$filter": "mail eq 'ana@example.org'"}

    read, changed = graph.get(one), graph.patch(one, json={"city": "Porto"})
    assert (read.status_code, changed.status_code) == (404, 404)
    assert graph.get("/users", params=many).json()["value"] == []
    # Unique values are checked at the source all the same.
    assert refusal(graph.post("/users", json=guest()))[0] == 400
    create(graph, other_guest())

    deadline = time.monotonic() + 10
    while graph.get(one).status_code == 404:
        assert time.monotonic() < deadline
    assert graph.patch(one, json={"city": "Porto"}).status_code == 204
    assert len(graph.get("/users", params=many).json()["value"]) == 1


def test_a_late_user_cannot_join_a_group_yet(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    (group,) = simulator.post("groups", {"displayName": "Partners"})
    simulator.fault("replication_lag", count=1, value=60)
    user = create(graph, guest())["id"]
    reference = {"@odata.id": f"{graph.base_url}directoryObjects/{user}"}

    assert graph.post(f"/groups/{group['id']}/members/$ref", json=reference).status_code == 404


def test_a_token_can_be_rejected_once(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    simulator.fault("rejected_token", count=1)

    assert refusal(graph.get("/users"))[:2] == (401, "InvalidAuthenticationToken")
    assert graph.get("/users").status_code == 200


@pytest.mark.parametrize(
    ("value", "method", "path", "refused"),
    [
        (None, "GET", "/users", True),
        ("User.ReadWrite.All", "GET", "/users", True),
        ("User.ReadWrite.All", "POST", "/invitations", False),
        ("GroupMember.ReadWrite.All", "GET", "/groups", True),
        ("GroupMember.ReadWrite.All", "GET", "/users", False),
    ],
)
def test_a_permission_can_be_missing(
    value: str | None, method: str, path: str, refused: bool, graph: httpx.Client, simulator: SimulatorProcess
) -> None:
    simulator.fault("missing_permission", value=value)
    answer = graph.request(method, path, json=invitation() if method == "POST" else None)

    if refused:
        text = "Insufficient privileges to complete the operation."
        assert refusal(answer) == (403, "Authorization_RequestDenied", text, [])
    else:
        assert answer.is_success, answer.text


def test_the_invitation_manager_words_a_missing_permission_in_its_own_way(
    graph: httpx.Client, simulator: SimulatorProcess
) -> None:
    simulator.fault("missing_permission")
    status, code, message, _ = refusal(graph.post("/invitations", json=invitation()))

    assert (status, code) == (403, "Authorization_RequestDenied")
    assert message.startswith("Insufficient privileges to perform requested operation by the application")


def test_the_tenant_can_forbid_invitations(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    simulator.fault("invitations_forbidden")
    status, _, message, _ = refusal(graph.post("/invitations", json=invitation()))

    assert status == 403
    assert message == (
        "Guest invitations not allowed for your company. Contact your company administrator for more details."
    )
    assert simulator.users() == []


def test_the_tenant_can_block_a_domain(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    simulator.fault("blocked_domain", value="Example.org", count=1)
    other = graph.post("/invitations", json=invitation("ana@example.com"))
    blocked = graph.post("/invitations", json=invitation())
    later = graph.post("/invitations", json=invitation())

    # Only the domain that is meant uses the fault up.
    assert (other.status_code, later.status_code) == (201, 201)
    assert refusal(blocked)[0] == 400
    assert "blocked by the invitation policy" in refusal(blocked)[2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "earthquake"},
        {"kind": "throttle", "count": 0},
        {"kind": "throttle", "count": "many"},
        {"kind": "throttle", "value": "soon"},
        {"kind": "throttle", "value": -1},
        {"kind": "throttle", "match": 5},
        {"kind": "blocked_domain"},
        {"kind": "throttle", "matches": "/users"},
        ["throttle"],
    ],
)
def test_it_refuses_a_fault_it_does_not_understand(wrong: Any, simulator: SimulatorProcess) -> None:
    answer = simulator.http.post("/control/faults", json=wrong)

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert simulator.get("faults") == []


def test_it_shows_and_clears_what_is_on(simulator: SimulatorProcess) -> None:
    simulator.fault("hang", value=3)
    simulator.fault("throttle", count=4, match="/users")

    shown = [(each["kind"], each["count"], each["match"], each["value"]) for each in simulator.get("faults")]
    simulator.http.delete("/control/faults", params={"kind": "hang"})
    left = [each["kind"] for each in simulator.get("faults")]

    assert shown == [("hang", None, None, 3), ("throttle", 4, "/users", 1.5)]
    assert left == ["throttle"]
