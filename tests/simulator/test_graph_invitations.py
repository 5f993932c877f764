"""Invitations: who may be invited, and what becomes of it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.simulator.bodies import guest, invitation
from tests.simulator.test_graph_users import refusal
from tests.simulator_process import SimulatorProcess

DOMAIN = SimulatorProcess.tenant_domain


def invite(graph: httpx.Client, address: str = "ana@example.org", **changes: Any) -> dict[str, Any]:
    answer = graph.post("/invitations", json=invitation(address, **changes))
    assert answer.status_code == 201, answer.text
    invited: dict[str, Any] = answer.json()
    return invited


def test_it_creates_a_guest_who_still_has_to_redeem(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    invited = invite(graph, "Ana.Lima@example.org", invitedUserDisplayName="Ana Lima")

    (user,) = simulator.users()
    assert invited["invitedUser"] == {"id": user["id"]}
    assert invited["id"] != user["id"]
    assert invited["status"] == "PendingAcceptance"
    assert invited["inviteRedeemUrl"].startswith(f"{simulator.pages_url}/redeem/")
    assert user["userPrincipalName"] == f"Ana.Lima_example.org#EXT#@{DOMAIN}"
    assert (user["userType"], user["externalUserState"]) == ("Guest", "PendingAcceptance")
    assert (user["creationType"], user["displayName"]) == ("Invitation", "Ana Lima")


def test_it_sends_no_mail_unless_asked(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    invite(graph)

    assert simulator.mails() == []


def test_its_own_mail_leaves_the_custom_words_out(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    copy = {"emailAddress": {"name": "Boss", "address": "boss@example.org"}}
    info = {"customizedMessageBody": "Dear Ana", "messageLanguage": "pt-PT", "ccRecipients": [copy]}
    invited = invite(graph, sendInvitationMessage=True, invitedUserMessageInfo=info)

    (mail,) = simulator.mails("ana@example.org")
    assert mail["from"] == "invites@microsoft.com"
    assert invited["inviteRedeemUrl"] in mail["text"]
    assert "Dear Ana" not in mail["text"]
    assert mail["headers"]["Content-Language"] == "pt-PT"
    assert len(simulator.mails("boss@example.org")) == 1


def test_inviting_again_answers_the_same_user(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    first, second = invite(graph), invite(graph, "ANA@EXAMPLE.ORG")

    assert first["invitedUser"] == second["invitedUser"]
    assert first["id"] != second["id"]
    assert len(simulator.users()) == 1


def test_two_addresses_with_one_principal_name_are_two_users(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    invite(graph, "ana_b@example.org")
    invite(graph, "ana@b.example.org")
    invite(graph, "ana@b_example.org")

    assert len({user["userPrincipalName"].lower() for user in simulator.users()}) == 3


def test_a_long_address_gets_a_principal_name_that_fits(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    for number in (1, 2):
        invite(graph, f"{'a' * 60}{number}@example.org")

    names = [user["userPrincipalName"] for user in simulator.users()]
    assert all(len(name.partition("@")[0]) <= 64 for name in names)
    assert len(set(names)) == 2


@pytest.mark.parametrize(
    "address",
    [
        *[f"ana{character}b@example.org" for character in '~!#$%^&*()+=[]{}\\/|;:"<>?,'],
        *(".ana@example.org", "ana.@example.org", "-ana@example.org", "ana-@example.org"),
        *(
            "ana",
            "ana@",
            "@example.org",
            "ana@b@example.org",
            "ana@localhost",
            "josé@example.org",
            "a b@example.org",
            "",
        ),
    ],
)
def test_it_refuses_an_address_with_a_forbidden_form(
    address: str, graph: httpx.Client, simulator: SimulatorProcess
) -> None:
    answer = graph.post("/invitations", json=invitation(address))

    assert refusal(answer)[:2] == (400, "BadRequest")
    assert simulator.users() == []


@pytest.mark.parametrize("address", ["ana_@example.org", "_ana@example.org", "o'neil@example.org", "a.b-c@example.org"])
def test_it_takes_addresses_that_only_look_unusual(address: str, graph: httpx.Client) -> None:
    invite(graph, address)


def test_it_does_not_invite_into_its_own_domain(graph: httpx.Client) -> None:
    answer = graph.post("/invitations", json=invitation(f"ana@{DOMAIN.upper()}"))

    assert refusal(answer)[2] == (
        "This user cannot be invited because the domain of the user's email address is a verified domain of "
        "this directory."
    )


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"userType": "Member"}, ". They can use that account to sign in to shared apps and resources."),
        ({"accountEnabled": False}, ", but the account is blocked from signing in."),
    ],
)
def test_it_names_the_internal_or_blocked_user_who_is_there(
    properties: dict[str, Any], words: str, graph: httpx.Client, simulator: SimulatorProcess
) -> None:
    (present,) = simulator.post("users", {"mail": "ana@example.org", **properties})

    status, code, message, _ = refusal(graph.post("/invitations", json=invitation()))

    assert (status, code) == (400, "BadRequest")
    known = "The invited user already exists in the directory as object ID: "
    assert message.startswith(f"{known}{present['id']}{words}")


def test_it_does_not_invite_a_group(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    simulator.post("groups", {"displayName": "All", "mail": "all@example.org"})

    answer = graph.post("/invitations", json=invitation("all@example.org"))

    assert refusal(answer)[2] == "Group email address is not supported."


def test_a_deleted_guest_still_holds_its_address(graph: httpx.Client) -> None:
    invited = invite(graph)
    graph.delete(f"/users/{invited['invitedUser']['id']}")

    answer = graph.post("/invitations", json=invitation())

    assert "proxyAddresses" in refusal(answer)[3]


def test_it_adopts_a_guest_who_came_another_way(graph: httpx.Client) -> None:
    created = graph.post("/users", json=guest()).json()

    assert invite(graph)["invitedUser"]["id"] == created["id"]


@pytest.mark.parametrize(
    "changes",
    [
        {"inviteRedirectUrl": "portal"},
        {"invitedUserType": "Member"},
        {"sendInvitationMessage": "yes"},
        {"sendInvitation": True},
        {"invitedUserMessageInfo": {"ccRecipients": [{"emailAddress": {"address": "a@b.example"}}] * 2}},
    ],
)
def test_it_refuses_a_body_that_does_not_fit(
    changes: dict[str, Any], graph: httpx.Client, simulator: SimulatorProcess
) -> None:
    assert graph.post("/invitations", json=invitation(**changes)).status_code == 400
    assert simulator.users() == []


def test_it_needs_both_required_properties(graph: httpx.Client) -> None:
    for name in invitation():
        body = {key: value for key, value in invitation().items() if key != name}
        assert refusal(graph.post("/invitations", json=body))[2] == f"The {name} property is required."


def test_redeeming_accepts_and_leads_to_the_application(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    invited = invite(graph)
    opened = simulator.http.get(invited["inviteRedeemUrl"])
    (before,) = simulator.users()
    accepted = simulator.http.post(invited["inviteRedeemUrl"])
    again = simulator.http.post(invited["inviteRedeemUrl"])

    # Looking is not accepting: mail scanners open every link.
    assert (opened.status_code, before["externalUserState"]) == (200, "PendingAcceptance")
    assert (accepted.status_code, accepted.headers["location"]) == (303, "https://portal.example/")
    assert again.status_code == 303
    (user,) = simulator.users()
    assert user["externalUserState"] == "Accepted"
    assert [each["issuer"] for each in user["identities"]] == [DOMAIN, "ExternalAzureAD"]
    assert invite(graph)["status"] == "Completed"


def test_a_redemption_can_be_reset(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    invited = invite(graph)
    simulator.http.post(invited["inviteRedeemUrl"])

    without = graph.post("/invitations", json=invitation(resetRedemption=True))
    reset = invite(graph, resetRedemption=True, invitedUser=invited["invitedUser"])

    assert without.status_code == 400
    assert reset["status"] == "PendingAcceptance"
    assert simulator.users()[0]["externalUserState"] == "PendingAcceptance"


def test_an_invitation_of_a_deleted_guest_cannot_be_redeemed(graph: httpx.Client, simulator: SimulatorProcess) -> None:
    invited = invite(graph)
    graph.delete(f"/users/{invited['invitedUser']['id']}")

    assert simulator.http.post(invited["inviteRedeemUrl"]).status_code == 404
    assert simulator.http.get(f"{simulator.pages_url}/redeem/unknown").status_code == 404
