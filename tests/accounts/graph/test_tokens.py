"""Foyer's own token, from the pretend sign-in service with the real msal."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme
from pytest_django import Settings

from accounts.graph import tokens
from approvals.errors import Later, Never
from tests.simulator_process import SimulatorProcess, start_simulator

TOKEN = "/oauth2/v2.0/token"


def code_of_refusal() -> str:
    """The code with which no token is to be had now."""
    with pytest.raises((Later, Never)) as raised:
        tokens.token()
    return str(raised.value.args[0])


def test_it_asks_once_and_keeps_the_token(tenant: SimulatorProcess) -> None:
    first, second = tokens.token(), tokens.token()

    assert first.fresh
    assert not second.fresh
    assert first.value == second.value


def test_it_asks_again_once_the_token_was_dropped(tenant: SimulatorProcess) -> None:
    first = tokens.token()

    tokens.drop(first.application)

    assert tokens.token().fresh


def test_it_does_not_drop_what_another_thread_has_got_meanwhile(tenant: SimulatorProcess) -> None:
    first = tokens.token()
    tokens.drop(first.application)
    second = tokens.token()

    tokens.drop(first.application)

    assert not tokens.token().fresh
    assert tokens.token().value == second.value


def test_it_shares_one_application_between_threads(tenant: SimulatorProcess) -> None:
    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(lambda _n: tokens.token(), range(16)))

    assert len({id(each.application) for each in got}) == 1


def test_it_takes_a_corrected_secret_at_once(tenant: SimulatorProcess, settings: Settings) -> None:
    settings.ENTRA_CLIENT_SECRET = "the id of the secret"
    refused = code_of_refusal()
    settings.ENTRA_CLIENT_SECRET = tenant.client_secret

    assert refused == "secret_wrong"
    assert tokens.token().fresh


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "wrong_secret"}, "secret_wrong"),
        ({"kind": "expired_secret"}, "secret_expired"),
        ({"kind": "unavailable", "match": TOKEN, "value": 503}, "sign_in_unavailable"),
        ({"kind": "unavailable", "match": TOKEN, "value": 502}, "sign_in_unavailable"),
        ({"kind": "throttle", "match": TOKEN, "value": 30}, "sign_in_unavailable"),
        ({"kind": "lost_answer", "match": TOKEN}, "no_answer"),
    ],
)
def test_it_does_not_go_on_refusing_when_the_cause_is_gone(
    tenant: SimulatorProcess, fault: dict[str, str], code: str
) -> None:
    tenant.fault(**fault)
    first, second = code_of_refusal(), code_of_refusal()
    tenant.clear_faults()

    assert (first, second) == (code, code)
    assert tokens.token().fresh


def test_it_waits_as_long_as_the_service_asks(tenant: SimulatorProcess) -> None:
    tenant.fault("throttle", match=TOKEN, value=30)

    with pytest.raises(Later) as raised:
        tokens.token()

    assert raised.value.delay == 30


def test_it_times_out(tenant: SimulatorProcess, settings: Settings) -> None:
    settings.GRAPH_TIMEOUT_SECONDS = 0.3
    tenant.fault("hang", match=TOKEN, count=1, value=2)

    assert code_of_refusal() == "no_answer"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("ENTRA_TENANT_ID", "", "not_configured"),
        ("ENTRA_CLIENT_ID", "", "not_configured"),
        ("ENTRA_CLIENT_SECRET", "", "not_configured"),
        ("ENTRA_TENANT_ID", "00000000-0000-4000-8000-000000000000", "tenant_not_found"),
        ("ENTRA_TENANT_ID", "no-tenant", "tenant_id_malformed"),
        ("ENTRA_CLIENT_ID", "00000000-0000-4000-8000-000000000000", "application_not_found"),
        ("ENTRA_LOGIN_URL", "https://localhost:9", "unreachable"),
        ("ENTRA_LOGIN_URL", "http://localhost:9", "not_configured"),
        ("ENTRA_CA_BUNDLE", "/nowhere/ca.pem", "ca_bundle_unreadable"),
        ("ENTRA_CA_BUNDLE", "", "certificate_untrusted"),
        ("ENTRA_CLIENT_CERTIFICATE", "/nowhere/certificate.pem", "certificate_unreadable"),
        ("ENTRA_CLIENT_CERTIFICATE", "-----BEGIN CERTIFICATE-----\nxx\n", "certificate_unreadable"),
        ("GRAPH_URL", "https://graph.elsewhere.example", "scope_wrong"),
    ],
)
def test_it_says_which_setting_is_wrong(
    tenant: SimulatorProcess, settings: Settings, name: str, value: str, code: str
) -> None:
    setattr(settings, name, value)

    assert code_of_refusal() == code


def test_it_trusts_what_the_setting_names_whatever_the_environment_says(
    tenant: SimulatorProcess, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bundle = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(bundle))
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(bundle))

    assert tokens.token().fresh


@pytest.mark.parametrize("graph_url", ["{}", "{}/", "{}/v1.0"])
def test_it_asks_for_a_token_of_graphs_host(tenant: SimulatorProcess, settings: Settings, graph_url: str) -> None:
    settings.GRAPH_URL = graph_url.format(tenant.graph_url)

    assert tokens.token().fresh
    assert tokens.graph_origin() == tenant.graph_url


def test_it_signs_in_with_a_certificate_as_text_or_as_a_file(
    tenant: SimulatorProcess, settings: Settings, tmp_path: Path
) -> None:
    pairs = [trustme.CA().issue_cert("foyer.example", key_type=trustme.KeyType.RSA) for _ in range(2)]
    texts = [pair.private_key_pem.bytes().decode() + pair.cert_chain_pems[0].bytes().decode() for pair in pairs]
    known, file = tmp_path / "known.pem", tmp_path / "foyer.pem"
    known.write_bytes(pairs[0].cert_chain_pems[0].bytes())
    file.write_text(texts[0])
    settings.ENTRA_CLIENT_SECRET = ""

    with start_simulator(tmp_path / "state", SIMULATOR_CLIENT_CERTIFICATE=str(known)) as other:
        settings.ENTRA_LOGIN_URL, settings.GRAPH_URL = other.login_url, other.graph_url
        settings.ENTRA_CA_BUNDLE = str(other.ca_bundle)
        settings.ENTRA_CLIENT_CERTIFICATE = texts[0]
        assert tokens.token().fresh
        tokens.drop()
        settings.ENTRA_CLIENT_CERTIFICATE = str(file)
        assert tokens.token().fresh
        settings.ENTRA_CLIENT_CERTIFICATE = texts[1]
        assert code_of_refusal() == "certificate_wrong"
