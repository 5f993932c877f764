"""Tokens for the application, with the real msal and by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jwt
import msal
import pytest
import requests
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from jsonschema import Draft202012Validator

from simulator.graph import validation
from tests.simulator_process import SimulatorProcess, start_simulator

SCHEMAS = json.loads((Path(validation.__file__).parent.parent / "contracts/contract-schemas.json").read_text())


def session(simulator: SimulatorProcess) -> requests.Session:
    """msal's own session would obey REQUESTS_CA_BUNDLE before any `verify`."""
    made = requests.Session()
    made.trust_env = False
    made.verify = str(simulator.ca_bundle)
    return made


def application(simulator: SimulatorProcess, **changes: Any) -> msal.ConfidentialClientApplication:
    arguments = {
        "client_id": simulator.client_id,
        "client_credential": simulator.client_secret,
        "authority": simulator.authority,
        "instance_discovery": False,
        "http_client": session(simulator),
        **changes,
    }
    return msal.ConfidentialClientApplication(**arguments)


def scopes(simulator: SimulatorProcess) -> list[str]:
    return [f"{simulator.graph_url}/.default"]


def ask(simulator: SimulatorProcess, tenant: str = "", **changes: str | None) -> Any:
    form = {
        "client_id": simulator.client_id,
        "client_secret": simulator.client_secret,
        "scope": scopes(simulator)[0],
        "grant_type": "client_credentials",
        **changes,
    }
    given = {name: value for name, value in form.items() if value is not None}
    return simulator.https.post(f"/{tenant or simulator.tenant_id}/oauth2/v2.0/token", data=given)


def schema(name: str) -> Draft202012Validator:
    return Draft202012Validator({**SCHEMAS, "$ref": f"#/$defs/{name}"})


def test_it_gives_msal_a_token_that_graph_accepts(simulator: SimulatorProcess) -> None:
    result = application(simulator).acquire_token_for_client(scopes(simulator))

    assert result.get("expires_in") == 3599, result
    bearer = {"Authorization": f"Bearer {result['access_token']}"}
    assert simulator.https.get("/v1.0/users", headers=bearer).status_code == 200


def test_it_signs_its_tokens_with_the_key_it_publishes(simulator: SimulatorProcess) -> None:
    keys = jwt.PyJWKSet.from_dict(simulator.https.get(f"/{simulator.tenant_id}/discovery/v2.0/keys").json())
    token = simulator.application_token()
    key = keys[jwt.get_unverified_header(token)["kid"]]

    claims = jwt.decode(token, key, algorithms=["RS256"], audience="https://graph.microsoft.com")

    assert claims["tid"] == simulator.tenant_id
    assert "User.Invite.All" in claims["roles"]


@pytest.mark.parametrize("name", ["tenant_id", "tenant_domain"])
def test_it_knows_the_tenant_by_id_and_by_domain(name: str, simulator: SimulatorProcess) -> None:
    tenant = getattr(simulator, name)
    known = simulator.https.get(f"/{tenant}/v2.0/.well-known/openid-configuration").json()

    assert known["issuer"] == f"{simulator.login_url}/{simulator.tenant_id}/v2.0"
    assert ask(simulator, tenant).status_code == 200


def test_it_tells_msal_that_the_tenant_is_unknown(simulator: SimulatorProcess) -> None:
    with pytest.raises(ValueError, match="Unable to get authority configuration"):
        application(simulator, authority=f"{simulator.login_url}/other.onmicrosoft.com")


@pytest.mark.parametrize(
    ("changes", "status", "error", "code"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client", 7000215),
        ({"client_secret": None}, 401, "invalid_client", 7000218),
        ({"client_id": "another-app"}, 400, "unauthorized_client", 700016),
        ({"tenant": "other.onmicrosoft.com"}, 400, "invalid_request", 90002),
        ({"tenant": "0d0d0d0d-0000-4000-8000-000000000000"}, 400, "invalid_request", 90002),
        ({"tenant": "not a tenant"}, 400, "invalid_request", 900023),
        ({"scope": "https://graph.microsoft.com/User.Read.All"}, 400, "invalid_scope", 1002012),
        ({"scope": "openid profile"}, 400, "invalid_scope", 70011),
        ({"scope": "https://elsewhere.example/.default"}, 400, "invalid_resource", 500011),
        ({"scope": None}, 400, "invalid_request", 90014),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003),
        ({"grant_type": "authorization_code", "code": "made-up"}, 400, "invalid_grant", 70000),
        (
            {"client_secret": None, "client_assertion": "a.b.c", "client_assertion_type": "bearer"},
            401,
            "invalid_client",
            700027,
        ),
    ],
)
def test_it_refuses_as_entra_does(
    changes: dict[str, Any], status: int, error: str, code: int, simulator: SimulatorProcess
) -> None:
    refused = ask(simulator, **changes)

    body = refused.json()
    assert (refused.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    schema("tokenError").validate(body)


def test_it_answers_a_token_in_the_shape_of_the_contract(simulator: SimulatorProcess) -> None:
    schema("tokenSuccess").validate(ask(simulator).json())


def test_it_takes_a_new_secret_for_one_that_has_expired(simulator: SimulatorProcess) -> None:
    simulator.post("client-secret", {"secret": None})
    between = ask(simulator)
    simulator.post("client-secret", {"secret": "a-newer-secret"})

    assert between.json()["error_codes"] == ask(simulator).json()["error_codes"] == [7000222]
    assert ask(simulator, client_secret="a-newer-secret").status_code == 200
    simulator.reset()
    assert ask(simulator).status_code == 200
    assert ask(simulator, client_secret="a-newer-secret").json()["error_codes"] == [7000215]


@pytest.mark.parametrize("secret", ["", 5, "a-secret-of-the-tests"])
def test_it_refuses_a_secret_that_cannot_be_new(secret: object, simulator: SimulatorProcess) -> None:
    simulator.post("client-secret", {"secret": None})

    assert simulator.http.post("/control/client-secret", json={"secret": secret}).status_code == 400


@pytest.mark.parametrize(("kind", "code"), [("expired_secret", 7000222), ("wrong_secret", 7000215)])
def test_it_refuses_the_secret_while_the_fault_is_on(kind: str, code: int, simulator: SimulatorProcess) -> None:
    simulator.fault(kind)
    refused = application(simulator).acquire_token_for_client(scopes(simulator))
    simulator.clear_faults()
    accepted = application(simulator).acquire_token_for_client(scopes(simulator))

    assert refused["error_codes"] == [code]
    assert "access_token" in accepted


def test_it_gives_a_token_without_roles_when_nothing_was_consented_to(simulator: SimulatorProcess) -> None:
    simulator.fault("missing_permission")
    claims = jwt.decode(simulator.application_token(), options={"verify_signature": False})

    # That is no error of the token endpoint: Graph will refuse.
    assert "roles" not in claims


def test_it_leaves_one_permission_out_when_asked(simulator: SimulatorProcess) -> None:
    simulator.fault("missing_permission", value="User.Invite.All")
    claims = jwt.decode(simulator.application_token(), options={"verify_signature": False})

    assert "User.Invite.All" not in claims["roles"]
    assert "User.ReadWrite.All" in claims["roles"]


@pytest.mark.parametrize(("value", "retry_after"), [(429, "2.5"), (503, None)])
def test_its_token_endpoint_can_be_out_of_order(
    value: int, retry_after: str | None, simulator: SimulatorProcess
) -> None:
    kind, given = ("throttle", 2.5) if value == 429 else ("unavailable", value)
    simulator.fault(kind, match="/token", count=1, value=given)

    broken = ask(simulator)

    assert (broken.status_code, broken.headers.get("retry-after")) == (value, retry_after)
    assert ask(simulator).status_code == 200


def test_it_accepts_a_registered_certificate_and_no_other(tmp_path: Path) -> None:
    authority = trustme.CA()
    registered, stranger = (authority.issue_cert("client", key_type=trustme.KeyType.RSA) for _ in range(2))
    certificate = tmp_path / "client.pem"
    certificate.write_bytes(registered.cert_chain_pems[0].bytes())

    def sign_in(running: SimulatorProcess, leaf: trustme.LeafCert) -> dict[str, Any]:
        pem = leaf.cert_chain_pems[0].bytes()
        thumbprint = x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA1())  # noqa: S303 - msal's wire format
        credential = {"private_key": leaf.private_key_pem.bytes().decode(), "thumbprint": thumbprint.hex()}
        app = application(running, client_credential=credential)
        answer: dict[str, Any] = app.acquire_token_for_client(scopes(running))
        return answer

    with start_simulator(tmp_path / "state", SIMULATOR_CLIENT_CERTIFICATE=str(certificate)) as running:
        accepted, refused = sign_in(running, registered), sign_in(running, stranger)

    assert "access_token" in accepted, accepted
    assert refused["error_codes"] == [700027]
