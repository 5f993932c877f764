"""Rules and hints take the same domain for the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.hints.domain_names import domain_of
from approvals.policy.domains import of_address

LABELS = st.text(st.characters(categories=["Ll", "Nd"]), min_size=1, max_size=12)
DOMAINS = st.lists(LABELS, min_size=2, max_size=3).map(".".join)


@pytest.mark.parametrize(
    "domain",
    [
        "fabrikam.com",
        "FABRIKAM.com",
        "fabrikam.com.",
        "bücher.example",
        "xn--bcher-kva.example",
        "faß.example",
        "例え.jp",
    ],
)
def test_they_write_a_domain_alike(domain: str) -> None:
    assert of_address(f"john@{domain}") == domain_of(f"john@{domain}") != ""


@given(DOMAINS)
def test_they_write_any_domain_alike(domain: str) -> None:
    address = f"john@{domain}"
    if of_address(address).isascii():
        assert domain_of(address) == of_address(address)
