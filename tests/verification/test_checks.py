"""What a setting of a service may be."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import serialization
from django.core.exceptions import ValidationError

from connector.verification import checks, registry
from connector.verification.idology import ExpectID
from tests.verification.service import Service


@pytest.mark.parametrize(
    "value",
    [
        "https://web.idologylive.com/api/idiq.svc",
        "https://localhost:8401/x?y=z",
        "http://localhost:8080/x",
        "http://127.0.0.1/x",
        "http://[::1]:8080/x",
    ],
)
def test_it_takes_an_address(value: str) -> None:
    assert checks.address(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "http://web.idologylive.com/api/idiq.svc",
        "http://127.0.0.1.example.org/",
        "http://localhost.example.org/",
        "ftp://localhost/",
        "file:///etc/passwd",
        "web.idologylive.com",
        "https://",
        "https:///x",
        "https://[::1",
        "https://x.example:port/",
        "https://user:secret@x.example/",
        "https://x.example/#part",
        "https://x.example/a b",
        "https://x.example/\r\nHost: y",
        "https://exämple.org/",
        f"https://x.example/{'x' * 500}",
    ],
)
def test_it_refuses_what_is_no_https_address(value: str) -> None:
    with pytest.raises(ValidationError):
        checks.address(value)


def test_it_takes_an_application_id_with_dashes_and_in_capitals() -> None:
    assert checks.application_id("831374B3-BD50-41BF-AA54-263EC9E050FC") == "831374b3bd5041bfaa54263ec9e050fc"


@pytest.mark.parametrize(
    ("check", "value"),
    [
        (checks.application_id, "831374b3"),
        (checks.application_id, "z" * 32),
        (checks.word, "two\nlines"),
        (checks.word, "x" * 201),
        (checks.authorities, "nonsense"),
        (checks.certificate, "nonsense"),
        (checks.certificate, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
        (checks.private_key, "nonsense"),
    ],
)
def test_it_refuses(check: Callable[[str], str], value: str) -> None:
    with pytest.raises(ValidationError):
        check(value)


def test_it_refuses_a_key_with_a_password_and_a_key_of_another_certificate(service: Service, guarded: Service) -> None:
    key = serialization.load_pem_private_key(service.client_key.encode(), None)
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    locked = key.private_bytes(*form, serialization.BestAvailableEncryption(b"secret")).decode()
    with pytest.raises(ValidationError, match="without a password"):
        checks.private_key(locked)
    checks.belong_together(service.client_certificate, service.client_key)
    with pytest.raises(ValidationError, match="not the certificate"):
        checks.belong_together(service.client_certificate, guarded.client_key)


def test_it_cleans_all_settings_of_a_service_and_says_what_is_wrong_by_field() -> None:
    kept = ExpectID().clean({"username": " foyer ", "password": "secret", "unheard": "of"})
    assert kept == {
        "url": "https://web.idologylive.com/api/idiq.svc",
        "username": "foyer",
        "password": "secret",
        "ca_certificates": "",
    }
    with pytest.raises(ValidationError) as caught:
        ExpectID().clean({"url": "http://x.example", "username": ""})
    assert caught.value.message_dict.keys() == {"url", "username", "password"}


def test_it_checks_that_settings_go_together(experian: dict[str, str], service: Service) -> None:
    crosscore = registry.vendor("experian")
    assert crosscore.clean(experian) == {name: value.strip() for name, value in experian.items()}
    with pytest.raises(ValidationError, match="not the certificate"):
        crosscore.clean({**experian, "client_key": service.client_key})


@pytest.mark.parametrize("kind", registry.VENDORS)
def test_every_service_is_what_its_line_says(kind: str) -> None:
    vendor = registry.vendor(kind)
    assert vendor.kind == kind
    assert len(kind) <= 40
    names = [field.name for field in vendor.fields]
    assert len(names) == len(set(names))
    assert all(field.required for field in vendor.fields if field.secret)
