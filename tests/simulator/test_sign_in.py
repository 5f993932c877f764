"""A member of staff signs in, through the real msal."""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msal
import pytest

from tests.simulator.test_login import application
from tests.simulator_process import SimulatorProcess

# msal would rather have the answer posted; that needs a cookie sent from another site.
pytestmark = pytest.mark.filterwarnings("ignore:response_mode='form_post'")
REDIRECT = "http://127.0.0.1:8000/signin/entra/callback"


def begin(simulator: SimulatorProcess) -> tuple[msal.ConfidentialClientApplication, dict[str, Any]]:
    app = application(simulator)
    return app, app.initiate_auth_code_flow(scopes=[], redirect_uri=REDIRECT)


def choose(simulator: SimulatorProcess, flow: dict[str, Any], name: str) -> dict[str, str]:
    """Open the page, press the button of a person, and return the query of the way back."""
    shown = simulator.https.get(flow["auth_uri"])
    assert shown.status_code == 200, shown.text
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', unescape(shown.text)))
    people = {person["name"]: person["id"] for person in simulator.get("staff")}
    person = {"person": people[name]} if name else {}
    path = urlsplit(flow["auth_uri"]).path
    back = simulator.https.post(path, data={**hidden, **person})
    assert back.status_code == 303, back.text
    assert back.headers["location"].startswith(f"{REDIRECT}?")
    return {key: value[0] for key, value in parse_qs(urlsplit(back.headers["location"]).query).items()}


def test_it_signs_a_reviewer_in_with_roles(simulator: SimulatorProcess) -> None:
    app, flow = begin(simulator)

    result = app.acquire_token_by_auth_code_flow(flow, choose(simulator, flow, "Ben Okafor"))

    claims = result["id_token_claims"]
    assert claims["roles"] == ["Reviewer"]
    assert claims["tid"] == simulator.tenant_id
    assert claims["preferred_username"] == f"ben.okafor@{simulator.tenant_domain}"
    assert claims["oid"] == next(each["id"] for each in simulator.get("staff") if each["name"] == "Ben Okafor")


def test_it_leaves_roles_out_when_there_are_none(simulator: SimulatorProcess) -> None:
    app, flow = begin(simulator)
    result = app.acquire_token_by_auth_code_flow(flow, choose(simulator, flow, "Diego Siciliani"))

    assert "roles" not in result["id_token_claims"]


def test_it_says_when_the_person_turned_away(simulator: SimulatorProcess) -> None:
    app, flow = begin(simulator)
    result = app.acquire_token_by_auth_code_flow(flow, choose(simulator, flow, ""))

    assert result["error"] == "access_denied"


def test_a_code_works_once(simulator: SimulatorProcess) -> None:
    app, flow = begin(simulator)
    answer = choose(simulator, flow, "Adele Vance")
    app.acquire_token_by_auth_code_flow(dict(flow), dict(answer))

    again = application(simulator).acquire_token_by_auth_code_flow(dict(flow), dict(answer))

    assert again["error_codes"] == [54005]


def test_a_code_needs_the_verifier_of_its_challenge(simulator: SimulatorProcess) -> None:
    app, flow = begin(simulator)
    answer = choose(simulator, flow, "Adele Vance")

    stolen = app.acquire_token_by_auth_code_flow({**flow, "code_verifier": "x" * 43}, answer)

    assert stolen["error_codes"] == [501481]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"redirect_uri": "https://evil.example/"}, 50011),
        ({"client_id": "another"}, 700016),
        ({"response_type": "token"}, 90014),
        ({"response_mode": "form_post"}, 90014),
        ({"scope": "profile"}, 90014),
    ],
)
def test_it_refuses_a_question_on_its_own_page(wrong: dict[str, str], code: int, simulator: SimulatorProcess) -> None:
    _, flow = begin(simulator)
    question = {key: value[0] for key, value in parse_qs(urlsplit(flow["auth_uri"]).query).items()}
    path = urlsplit(flow["auth_uri"]).path

    shown = simulator.https.get(path, params={**question, **wrong})
    posted = simulator.https.post(path, data={**question, **wrong})

    assert (shown.status_code, posted.status_code) == (400, 400)
    assert f"AADSTS{code}" in shown.text
    assert f"AADSTS{code}" in posted.text


def test_a_person_can_be_given_other_roles_and_groups(simulator: SimulatorProcess) -> None:
    eva = {"name": "Eva", "userPrincipalName": "eva@fabrikam.onmicrosoft.com", "roles": ["A", "B"], "groups": ["g1"]}
    simulator.post("staff", eva)
    app, flow = begin(simulator)

    claims = app.acquire_token_by_auth_code_flow(flow, choose(simulator, flow, "Eva"))["id_token_claims"]

    assert (claims["roles"], claims["groups"]) == (["A", "B"], ["g1"])


def test_signing_out_leads_back_to_the_product_and_nowhere_else(simulator: SimulatorProcess) -> None:
    simulator.set_flows(product_url="https://foyer.example")
    path = f"/{simulator.tenant_id}/oauth2/v2.0/logout"

    home = simulator.https.get(path, params={"post_logout_redirect_uri": "https://foyer.example/bye"})
    away = simulator.https.get(path, params={"post_logout_redirect_uri": "https://evil.example/"})

    assert (home.status_code, home.headers["location"]) == (302, "https://foyer.example/bye")
    assert away.status_code == 200
