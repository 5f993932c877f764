"""Users through Graph: what is accepted, what is refused and in which words."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from tests.simulator.bodies import PREFIX, guest, identity, invitation, other_guest
from tests.simulator_process import SimulatorProcess

DOMAIN = SimulatorProcess.tenant_domain


def create(graph: httpx.Client, body: dict[str, Any]) -> dict[str, Any]:
    answer = graph.post("/users", json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


def refusal(answer: httpx.Response) -> tuple[int, str, str, list[str]]:
    """Status, code, message and the targets of the details."""
    error = answer.json()["error"]
    assert {"date", "request-id", "client-request-id"} <= set(error["innerError"])
    targets = [each["target"] for each in error.get("details", [])]
    return answer.status_code, error["code"], error["message"], targets


def test_it_creates_a_guest_with_an_external_identity(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    created = create(graph, guest())

    (stored,) = simulator.users()
    assert stored["id"] == created["id"]
    assert (stored["creationType"], stored["externalUserState"]) == (None, None)
    assert stored[f"{PREFIX}_Justification"] == "We deliver on Mondays."
    # Graph adds the sign-in name itself, and nobody may rely on the first entry.
    assert identity() in stored["identities"]
    assert stored["identities"][0]["signInType"] == "userPrincipalName"
    # No mail is sent for it.
    assert simulator.mails() == []


def test_it_shows_few_properties_unless_they_are_selected(graph: httpx.Client) -> None:
    created = create(graph, guest())
    wanted = f"id,identities,externalUserState,{PREFIX}_Justification"

    shown = graph.get(f"/users/{created['id']}", params={"$select": wanted}).json()

    assert "identities" not in created
    assert "externalUserState" not in created
    assert {name for name in shown if not name.startswith("@")} == set(wanted.split(","))


def test_it_finds_a_user_by_principal_name_in_any_case(graph: httpx.Client) -> None:
    created = create(graph, guest())
    name = f"ANA_example.org%23EXT%23@{DOMAIN.upper()}"

    assert graph.get(f"/users/{name}").json()["id"] == created["id"]


def test_it_changes_a_user(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    created = create(graph, guest())
    changes = {"city": "Porto", f"{PREFIX}_TeamSize": 12, f"{PREFIX}_AgreedToTerms": True}

    answer = graph.patch(f"/users/{created['id']}", json=changes)

    assert (answer.status_code, answer.content) == (204, b"")
    (stored,) = simulator.users()
    assert changes.items() <= stored.items()


@pytest.mark.parametrize(
    ("changes", "message", "targets"),
    [
        ({"identities": None}, "A password must be specified to create a new user.", []),
        ({"displayName": None}, "A value is required for property 'displayName' of resource 'User'.", ["displayName"]),
        (
            {"displayName": ""},
            "Invalid value specified for property 'displayName' of resource 'User'.",
            ["displayName"],
        ),
        ({"givenName": ""}, "Invalid value specified for property 'givenName' of resource 'User'.", ["givenName"]),
        (
            {"userPrincipalName": f"ana+x_example.org#EXT#@{DOMAIN}"},
            "Property userPrincipalName is invalid.",
            ["userPrincipalName"],
        ),
        ({"userPrincipalName": f"áña#EXT#@{DOMAIN}"}, "Property userPrincipalName is invalid.", ["userPrincipalName"]),
        ({"userPrincipalName": f"ana.@{DOMAIN}"}, "Property userPrincipalName is invalid.", ["userPrincipalName"]),
        (
            {"userPrincipalName": f"{'a' * 65}@{DOMAIN}"},
            "Property userPrincipalName is invalid.",
            ["userPrincipalName"],
        ),
        (
            {"userPrincipalName": "ana#EXT#@other.onmicrosoft.com"},
            (
                "The domain portion of the userPrincipalName property is invalid. "
                "You must use one of the verified domain names in your organization."
            ),
            ["userPrincipalName"],
        ),
        ({"mail": "josé@example.org"}, "Invalid value specified for property 'mail' of resource 'User'.", ["mail"]),
        ({"mail": "nobody"}, "Invalid value specified for property 'mail' of resource 'User'.", ["mail"]),
        (
            {"givenName": "a" * 65},
            "Invalid value specified for property 'givenName' of resource 'User'.",
            ["givenName"],
        ),
        ({"jobTitle": "a" * 129}, "Invalid value specified for property 'jobTitle' of resource 'User'.", ["jobTitle"]),
        (
            {"mailNickname": "a" * 65},
            "Invalid value specified for property 'mailNickname' of resource 'User'.",
            ["mailNickname"],
        ),
        (
            {"usageLocation": "NLD"},
            "Invalid value specified for property 'usageLocation' of resource 'User'.",
            ["usageLocation"],
        ),
        ({"ui_locales": "en-US"}, "Invalid property 'ui_locales'.", []),
        ({"lastName": "Lima"}, "Invalid property 'lastName'.", []),
        (
            {f"{PREFIX}_Unknown": "x"},
            f"The following extension properties are not available: {PREFIX}_Unknown.",
            [],
        ),
        (
            {"extension_Justification": "x"},
            "The following extension properties are not available: extension_Justification.",
            [],
        ),
        (
            {f"{PREFIX}_TeamSize": "12"},
            f"Invalid value specified for property '{PREFIX}_TeamSize' of resource 'User'.",
            [f"{PREFIX}_TeamSize"],
        ),
        (
            {f"{PREFIX}_TeamSize": True},
            f"Invalid value specified for property '{PREFIX}_TeamSize' of resource 'User'.",
            [f"{PREFIX}_TeamSize"],
        ),
        (
            {f"{PREFIX}_Justification": "a" * 257},
            f"Invalid value specified for property '{PREFIX}_Justification' of resource 'User'.",
            [f"{PREFIX}_Justification"],
        ),
        (
            {"identities": [{"signInType": "emailAddress", "issuer": "google.com", "issuerAssignedId": "1"}]},
            "Issuer should match tenants domainName for non federated identity.",
            [],
        ),
        (
            {"identities": [identity(assigned_id="1" * 65)]},
            "Invalid value specified for property 'identities' of resource 'User'.",
            ["identities"],
        ),
        (
            {"identities": [{**identity(), "issuerAssignedId": 108}]},
            "Invalid value specified for property 'identities' of resource 'User'.",
            ["identities"],
        ),
        (
            {"accountEnabled": "true"},
            "Invalid value specified for property 'accountEnabled' of resource 'User'.",
            ["accountEnabled"],
        ),
    ],
)
def test_it_refuses_to_create_what_the_directory_does_not_take(
    changes: dict[str, Any], message: str, targets: list[str], graph: httpx.Client, simulator: SimulatorProcess
) -> None:
    answer = graph.post("/users", json=guest(**changes))

    assert refusal(answer) == (400, "Request_BadRequest", message, targets)
    assert simulator.users() == []


@pytest.mark.parametrize("changes", [{}, {"surName": "x"}, {"city": ""}, {"city": "a" * 129}, {"country": 5}])
def test_it_refuses_a_change_that_the_directory_does_not_take(changes: dict[str, Any], graph: httpx.Client) -> None:
    created = create(graph, guest())

    answer = graph.patch(f"/users/{created['id']}", json=changes)

    assert refusal(answer)[:2] == (400, "Request_BadRequest")


@pytest.mark.parametrize(
    ("changes", "target"),
    [
        ({"userPrincipalName": guest()["userPrincipalName"].upper()}, "userPrincipalName"),
        ({"mail": "ANA@example.org"}, "proxyAddresses"),
        ({"identities": [identity()]}, "identities"),
    ],
)
@pytest.mark.parametrize("deleted", [False, True])
def test_it_refuses_a_value_that_another_user_has_even_a_deleted_one(
    deleted: bool, changes: dict[str, Any], target: str, graph: httpx.Client
) -> None:
    first = create(graph, guest())
    if deleted:
        graph.delete(f"/users/{first['id']}")

    answer = graph.post("/users", json=other_guest(**changes))

    message = f"Another object with the same value for property {target} already exists."
    assert refusal(answer) == (400, "Request_BadRequest", message, [target, f"User_{first['id']}"])
    codes = [each["code"] for each in answer.json()["error"]["details"]]
    assert codes == ["ObjectConflict", "ConflictingObjects"]


def test_it_names_every_conflict(graph: httpx.Client) -> None:
    first = create(graph, guest())

    _, _, _, targets = refusal(graph.post("/users", json=guest()))

    holder = f"User_{first['id']}"
    assert targets == ["userPrincipalName", holder, "proxyAddresses", holder, "identities", holder]


def test_two_people_with_the_same_id_at_different_providers_are_two_people(graph: httpx.Client) -> None:
    create(graph, guest(identities=[identity("google.com", "12345")]))
    create(graph, other_guest(identities=[identity("facebook.com", "12345")]))


def test_it_does_not_know_a_user_who_is_not_there(graph: httpx.Client) -> None:
    key = str(uuid.uuid4())
    message = f"Resource '{key}' does not exist or one of its queried reference-property objects are not present."

    for answer in (
        graph.get(f"/users/{key}"),
        graph.patch(f"/users/{key}", json={"city": "Porto"}),
        graph.delete(f"/users/{key}"),
        graph.post(f"/directory/deletedItems/{key}/restore"),
    ):
        assert refusal(answer) == (404, "Request_ResourceNotFound", message, [])


def test_it_deletes_softly_and_restores(graph: httpx.Client) -> None:
    created = create(graph, guest())
    deleted_items = "/directory/deletedItems"
    graph.delete(f"/users/{created['id']}")

    gone = graph.get(f"/users/{created['id']}")
    listed = graph.get(f"{deleted_items}/microsoft.graph.user", params={"$filter": "mail eq 'ana@example.org'"})
    restored = graph.post(f"{deleted_items}/{created['id']}/restore")

    assert gone.status_code == 404
    (entry,) = listed.json()["value"]
    assert entry["id"] == created["id"]
    assert entry["deletedDateTime"]
    assert restored.status_code == 200
    assert graph.get(f"/users/{created['id']}").status_code == 200
    assert graph.get(f"{deleted_items}/{created['id']}").status_code == 404


def test_a_purged_user_frees_its_values(graph: httpx.Client) -> None:
    created = create(graph, guest())
    graph.delete(f"/users/{created['id']}")
    assert graph.delete(f"/directory/deletedItems/{created['id']}").status_code == 204

    create(graph, guest())


@pytest.mark.parametrize(
    ("content", "headers"),
    [
        (b"{", {"Content-Type": "application/json"}),
        (b"[]", {"Content-Type": "application/json"}),
        (b"\xff", {"Content-Type": "application/json"}),
        (b"{}", {"Content-Type": "text/plain"}),
        (b"{}", {}),
    ],
)
def test_it_refuses_a_body_that_is_no_json_object(content: bytes, headers: dict[str, str], graph: httpx.Client) -> None:
    assert refusal(graph.post("/users", content=content, headers=headers))[:2] == (400, "BadRequest")


@pytest.mark.parametrize(
    ("authorization", "message"),
    [
        (None, "Access token is empty."),
        ("Basic YTpi", "Access token is empty."),
        ("Bearer a.b.c", "Access token validation failure."),
    ],
)
def test_it_wants_a_token(authorization: str | None, message: str, simulator: SimulatorProcess) -> None:
    headers = {"Authorization": authorization} if authorization else {}

    answer = simulator.https.get("/v1.0/users", headers=headers)

    assert refusal(answer) == (401, "InvalidAuthenticationToken", message, [])
    assert "www-authenticate" in answer.headers


def test_it_echoes_the_ids_of_a_request_and_tells_its_cost(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    sent = str(uuid.uuid4())

    whole = graph.get("/users", headers={"client-request-id": sent})
    part = graph.get("/users", params={"$select": "id"})

    assert whole.headers["client-request-id"] == sent
    assert uuid.UUID(whole.headers["request-id"])
    assert (whole.headers["x-ms-resource-unit"], part.headers["x-ms-resource-unit"]) == ("2", "1")
    assert "date" in whole.headers
    first, second = simulator.get("graph-calls")
    assert (first["method"], first["path"], first["status"]) == ("GET", "/v1.0/users", 200)
    assert first["client_request_id"] == sent
    assert second["path"].startswith("/v1.0/users?")


def test_it_knows_no_other_paths_and_methods(graph: httpx.Client) -> None:
    assert graph.get("/me").status_code == 400
    assert graph.put("/users", json={}).status_code == 405


def test_it_describes_the_tenant(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    (organization,) = graph.get("/organization").json()["value"]

    assert organization["id"] == simulator.tenant_id
    assert [each["name"] for each in organization["verifiedDomains"]] == [DOMAIN]


def test_an_invited_guest_and_a_created_one_share_one_directory(graph: httpx.Client) -> None:
    graph.post("/invitations", json=invitation())

    assert refusal(graph.post("/users", json=guest(userPrincipalName=f"x@{DOMAIN}")))[3][0] == "proxyAddresses"
