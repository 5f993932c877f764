"""The API connector is called as Entra calls it, and its answers count as Entra counts them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulator.bodies import PREFIX, guest, identity
from tests.simulator.connector_server import CONTINUE, PASSWORD, USERNAME, Answer, ConnectorServer
from tests.simulator_process import SimulatorProcess, start_simulator

ANA = "ana@example.org"
BLOCK = {"version": "1.0.0", "action": "ShowBlockPage", "userMessage": "Please wait."}
INVALID = {"version": "1.0.0", "status": 400, "action": "ValidationError", "userMessage": "City is too long."}


def sign_up(simulator: SimulatorProcess, **options: Any) -> Any:
    return simulator.sign_up(ANA, **{"flow": "partners", **options})


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    """A tenant that waits for a connector for a fraction of a second only."""
    with start_simulator(tmp_path_factory.mktemp("hasty"), SIMULATOR_CONNECTOR_TIMEOUT="0.3") as running:
        yield running


def test_it_posts_flat_json_with_basic_authentication(simulator: SimulatorProcess, connector: ConnectorServer) -> None:
    sign_up(simulator, claims={"givenName": "Ana", "surname": "Lima", "city": "Porto"}, ui_locales="pt")

    first, second = connector.received
    assert (first.path, second.path) == ("/check-status", "/submit")
    for call in connector.received:
        assert call.headers["content-type"] == "application/json"
        credential = base64.b64encode(f"{USERNAME}:{PASSWORD}".encode()).decode()
        assert call.headers["authorization"] == f"Basic {credential}"
    told = {"email": ANA, "identities": first.claims["identities"], "ui_locales": "pt-PT"}
    names = {"displayName": "Ana Lima", "givenName": "Ana"}
    assert first.claims == {**told, **names, "lastName": "Lima"}
    assert second.claims == {**told, **names, "surname": "Lima", "city": "Porto"}


@pytest.mark.parametrize(
    ("provider", "issuer"),
    [("google", "google.com"), ("facebook", "facebook.com"), ("mail", "mail"), ("entra", None), ("microsoft", None)],
)
def test_it_tells_the_identity_of_some_providers_only(
    provider: str, issuer: str | None, simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    sign_up(simulator, provider=provider, step="check-status")

    (call,) = connector.received
    if issuer is None:
        assert "identities" not in call.claims
        return
    (told,) = call.claims["identities"]
    assert (told["signInType"], told["issuer"]) == ("federated", issuer)
    # An opaque number, told as text; the address itself for a one-time passcode.
    assert told["issuerAssignedId"] == ANA if issuer == "mail" else told["issuerAssignedId"].isdecimal()


def test_the_same_address_is_the_same_identity_each_time(
    simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    for provider, email in (("google", ANA), ("google", ANA.upper()), ("facebook", ANA), ("google", "b@example.org")):
        simulator.sign_up(email, flow="partners", provider=provider, step="check-status")

    first, second, facebook, other = (call.claims["identities"][0]["issuerAssignedId"] for call in connector.received)
    assert first == second
    assert len(first) == 21
    assert len({first, facebook, other}) == 3


def test_a_one_time_passcode_tells_no_name(simulator: SimulatorProcess, connector: ConnectorServer) -> None:
    sign_up(simulator, provider="mail", claims={"givenName": "Ana", "surname": "Lima"})

    first, second = connector.received
    assert set(first.claims) == {"email", "identities", "ui_locales"}
    assert second.claims["surname"] == "Lima"


def test_any_claim_can_be_sent_from_a_script(simulator: SimulatorProcess, connector: ConnectorServer) -> None:
    odd = {"email": None, "city": ["Porto"], "x": {"y": 1}}
    sign_up(simulator, step="submit", claims=odd)
    sign_up(simulator, step="check-status", claims=odd)

    assert all(odd.items() <= call.claims.items() for call in connector.received)


def test_a_block_page_ends_the_sign_up(simulator: SimulatorProcess, connector: ConnectorServer) -> None:
    connector.will_answer("/check-status", Answer(200, BLOCK))
    result = sign_up(simulator)

    assert (result["outcome"], result["message"]) == ("blocked", "Please wait.")
    assert result["check_status"] == {"status": 200, "json": BLOCK, "attempts": 1, "verdict": "block"}
    assert result["submit"] is None
    assert simulator.users() == []


@pytest.mark.parametrize("status", [400, "400"])
def test_a_validation_error_keeps_the_applicant_on_the_page(
    status: int | str, simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    connector.will_answer("/submit", Answer(400, {**INVALID, "status": status}))
    result = sign_up(simulator)

    assert (result["outcome"], result["message"]) == ("validation-error", "City is too long.")
    assert simulator.users() == []


def test_continue_at_submit_makes_entra_create_the_account(
    simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    overriding = {"city": "Lisboa", "extension_TeamSize": 3, "notCollected": "x"}
    connector.will_answer("/submit", Answer(200, {**CONTINUE, **overriding}))
    result = sign_up(simulator, claims={"displayName": "Ana Lima", "city": "Porto"})

    (user,) = simulator.users()
    assert (result["outcome"], result["user_id"]) == ("signed-in", user["id"])
    assert user["creationType"] == "SelfServiceSignUp"
    # What the connector returns overrides what was typed, and only collected attributes are stored.
    assert (user["city"], user[f"{PREFIX}_TeamSize"], user["displayName"]) == ("Lisboa", 3, "Ana Lima")
    assert "notCollected" not in user


@pytest.mark.parametrize("provider", ["google", "mail", "entra"])
def test_somebody_who_has_an_account_never_reaches_the_connector(
    provider: str, simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    sign_up(simulator, provider=provider)
    connector.received.clear()
    again = sign_up(simulator, provider=provider)

    assert again["outcome"] == "signed-in"
    assert (again["check_status"], again["submit"]) == (None, None)
    assert connector.received == []


def test_a_created_guest_signs_in_with_that_identity(simulator: SimulatorProcess, connector: ConnectorServer) -> None:
    sign_up(simulator, step="check-status")
    told = connector.received[0].claims["identities"][0]
    simulator.post("users", guest(identities=[identity(told["issuer"], told["issuerAssignedId"])]))

    assert sign_up(simulator)["outcome"] == "signed-in"
    # Another provider with the same address is somebody else to Entra.
    assert sign_up(simulator, provider="facebook", step="check-status")["check_status"] is not None


@pytest.mark.parametrize(
    ("properties", "reached"),
    [
        ({"externalUserState": "Accepted"}, False),
        ({"externalUserState": "PendingAcceptance"}, True),
        ({"externalUserState": "Accepted", "accountEnabled": False}, True),
    ],
)
def test_only_an_invited_guest_who_accepted_signs_in(
    properties: dict[str, Any], reached: bool, simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    simulator.post("users", {"mail": ANA, **properties})
    sign_up(simulator, provider="entra", step="check-status")

    assert bool(connector.received) is reached


def test_an_account_that_clashes_is_a_failure(simulator: SimulatorProcess, connector: ConnectorServer) -> None:
    simulator.post("users", {"mail": ANA, "externalUserState": "PendingAcceptance"})
    result = sign_up(simulator)

    assert result["outcome"] == "failed"
    assert "proxyAddresses" in result["why"]


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, BLOCK),
        Answer(404, "not found", "text/plain"),
        Answer(200, "<html></html>", "text/html"),
        Answer(200, '{"version": "1.0.0", "action": "Continue"}', "text/html"),
        Answer(200, '{"version": "1.0.0", "action": "Continue",}'),
        Answer(200, ["Continue"]),
        Answer(200, {"action": "Continue"}),
        Answer(200, {**CONTINUE, "action": "Allow"}),
        Answer(200, {**CONTINUE, "action": "continue"}),
        Answer(200, {"version": "1.0.0", "action": "ShowBlockPage"}),
        Answer(200, {**BLOCK, "userMessage": ""}),
        Answer(400, BLOCK),
        Answer(400, CONTINUE),
        Answer(200, INVALID),
        Answer(400, {**INVALID, "status": 409}),
        Answer(400, {name: value for name, value in INVALID.items() if name != "status"}),
    ],
)
def test_any_other_answer_is_a_failure(answer: Answer, simulator: SimulatorProcess, connector: ConnectorServer) -> None:
    connector.will_answer("/submit", answer)
    result = sign_up(simulator, step="submit")

    assert (result["outcome"], result["submit"]["verdict"]) == ("failed", "failure")
    assert result["why"]
    # It was an answer, so there is no second attempt, and no account.
    assert len(connector.received) == 1
    assert simulator.users() == []


def test_a_validation_error_is_no_answer_at_the_first_step(
    simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    connector.will_answer("/check-status", Answer(400, INVALID))

    assert sign_up(simulator)["outcome"] == "failed"


def test_wrong_credentials_are_named(simulator: SimulatorProcess, connector: ConnectorServer) -> None:
    simulator.set_flows({**connector.flow(), "password": "old"})
    result = sign_up(simulator)

    assert (result["outcome"], result["check_status"]["status"]) == ("failed", 401)
    assert "credentials" in result["why"]


def test_it_calls_exactly_once_more_when_no_answer_comes(hasty: SimulatorProcess) -> None:
    slow = ConnectorServer()
    hasty.set_flows(slow.flow())
    slow.will_answer("/check-status", Answer(None, None))
    failed = sign_up(hasty)
    slow.will_answer("/check-status", Answer(None, None), Answer(200, BLOCK))
    blocked = sign_up(hasty)
    slow.released.set()
    slow.shutdown()
    slow.server_close()

    assert (failed["outcome"], failed["check_status"]["attempts"]) == ("failed", 2)
    assert (blocked["outcome"], blocked["check_status"]["attempts"]) == ("blocked", 2)
    assert len(slow.received) == 4
    attempts = [(call["attempt"], call["status"]) for call in hasty.get("connector-calls")]
    assert attempts == [(1, None), (2, None), (1, None), (2, 200)]


def test_a_connector_that_is_not_there_is_a_failure(simulator: SimulatorProcess, tmp_path: Path) -> None:
    server = ConnectorServer()
    simulator.set_flows(server.flow())
    server.shutdown()
    server.server_close()

    result = sign_up(simulator)

    assert (result["outcome"], result["check_status"]["status"]) == ("failed", None)
    assert "ConnectError" in result["why"]


def test_its_journal_has_both_sides_of_a_call(simulator: SimulatorProcess, connector: ConnectorServer) -> None:
    connector.will_answer("/check-status", Answer(200, BLOCK))
    sign_up(simulator)

    (call,) = simulator.get("connector-calls")
    assert (call["flow"], call["step"], call["status"]) == ("partners", "check-status", 200)
    assert call["request"] == connector.received[0].claims
    assert call["answer"] == BLOCK


def test_user_flows_may_change_while_it_runs(simulator: SimulatorProcess, connector: ConnectorServer) -> None:
    simulator.flows_file.write_text("{ half written")
    unknown = simulator.http.post("/control/signup", json={"email": ANA, "flow": "partners"})
    simulator.set_flows(connector.flow("suppliers"))

    assert unknown.status_code == 400
    assert simulator.sign_up(ANA, flow="suppliers")["outcome"] == "signed-in"


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": ANA},
        {"email": ANA, "flow": "unknown"},
        {"flow": "partners"},
        {"email": ANA, "flow": "partners", "provider": "myspace"},
        {"email": ANA, "flow": "partners", "step": "both of them"},
        {"email": ANA, "flow": "partners", "claims": ["city"]},
        "sign up",
    ],
)
def test_it_refuses_a_sign_up_it_does_not_understand(
    wrong: Any, simulator: SimulatorProcess, connector: ConnectorServer
) -> None:
    assert simulator.http.post("/control/signup", json=wrong).status_code == 400
    assert connector.received == []
