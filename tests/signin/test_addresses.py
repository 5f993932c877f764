"""Whose address counts behind proxies."""

from __future__ import annotations

import pytest
from django.test import RequestFactory

from accounts.signin.addresses import client_address

PROXY = "10.0.0.1"


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, PROXY),
        (0, "203.0.113.9", PROXY),
        (1, None, PROXY),
        (1, "", PROXY),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        (1, "1.1.1.1,203.0.113.9:50312", "203.0.113.9"),
        (1, "2001:db8::7", "2001:db8::7"),
        (1, "[2001:db8::7]:443", "2001:db8::7"),
        (1, "[2001:db8::7]", "2001:db8::7"),
        (1, "unknown", PROXY),
        (1, "203.0.113.9, evil", PROXY),
        (1, "' or 1=1", PROXY),
        (2, "203.0.113.9", PROXY),
        (2, "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
    ],
)
def test_it_believes_only_what_our_own_proxies_wrote(settings, proxies, forwarded, address) -> None:
    settings.TRUSTED_PROXY_COUNT = proxies
    extra = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    assert client_address(RequestFactory(REMOTE_ADDR=PROXY).get("/", **extra)) == address
