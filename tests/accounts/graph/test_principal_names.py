"""User principal names, and addresses that cannot be invited."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.graph.principal_names import characters_not_invitable, has_accents, principal_name

DOMAIN = "contoso.onmicrosoft.com"
LEGAL = re.compile(r"[A-Za-z0-9'.\-_!#^~]{1,64}@[A-Za-z0-9.\-]{1,48}")


def local_part(address: str) -> str:
    """What stands before the suffix."""
    return principal_name(address, DOMAIN).partition("#EXT#")[0]


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("johnsmith@outlook.com", "johnsmith_outlook.com"),
        (" John.Smith@Outlook.COM ", "john.smith_outlook.com"),
        ("o'brien@fabrikam.com", "o'brien_fabrikam.com"),
        ("a_b-c@fabrikam.com", "a_b-c_fabrikam.com"),
        ("x" * 46 + "@fabrikam.com", "x" * 46 + "_fabrikam.com"),
    ],
)
def test_it_is_entras_own_form(address: str, expected: str) -> None:
    assert principal_name(address, DOMAIN) == f"{expected}#EXT#@{DOMAIN}"


@pytest.mark.parametrize(
    ("address", "readable"),
    [
        ("john+tag@fabrikam.com", "john_tag_fabrikam.com_"),
        ("jérôme@fabrikam.com", "j_r_me_fabrikam.com_"),
        ("a#EXT#@contoso.onmicrosoft.com", "a_ext__contoso.onmicrosoft.com_"),
        ('"a b"@fabrikam.com', "_a_b__fabrikam.com_"),
        ("x" * 47 + "@fabrikam.com", "x" * 47 + "_fa_"),
    ],
)
def test_it_replaces_or_cuts_and_adds_a_hash(address: str, readable: str) -> None:
    assert re.fullmatch(re.escape(readable) + "[0-9a-f]{8}", local_part(address))


def test_it_differs_for_addresses_that_look_alike_once_replaced() -> None:
    alike = ["a+b@x.com", "a_b@x.com", "a/b@x.com", "a b@x.com", "é_b@x.com", "è_b@x.com"]

    assert len({local_part(address) for address in alike}) == len(alike)


def test_it_differs_when_it_is_told_to() -> None:
    usual = principal_name("john@fabrikam.com", DOMAIN)
    other = principal_name("john@fabrikam.com", DOMAIN, distinct="someone")

    assert usual != other
    assert other == principal_name("john@fabrikam.com", DOMAIN, distinct="someone")


@pytest.mark.parametrize("domain", ["", "x" * 45 + ".com"])
def test_it_refuses_a_domain_that_cannot_stand_there(domain: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(domain)}$"):
        principal_name("john@fabrikam.com", domain)


@given(st.text(min_size=1, max_size=300), st.text(max_size=255))
def test_it_is_always_legal(local: str, host: str) -> None:
    name = principal_name(f"{local}@{host}", DOMAIN)

    assert LEGAL.fullmatch(name)
    assert ".@" not in name


@pytest.mark.parametrize("character", '~!#$%^&*()+=[]{}\\/|;:"<>?,é')
def test_it_does_not_invite_an_address_with(character: str) -> None:
    assert characters_not_invitable(f"jo{character}hn@fabrikam.com") == character


@pytest.mark.parametrize("address", [".john@x.com", "john.@x.com", "-john@x.com", "john-@x.com"])
def test_it_does_not_invite_an_address_that_begins_or_ends_with(address: str) -> None:
    assert characters_not_invitable(address) in (".", "-")


@pytest.mark.parametrize("address", ["john.smith@x.com", "_john_@x.com", "o'brien@x.com", "a-b.c@sub.x-y.com"])
def test_it_invites(address: str) -> None:
    assert characters_not_invitable(address) == ""


def test_it_knows_which_addresses_the_directory_cannot_hold() -> None:
    assert has_accents("jérôme@x.com")
    assert has_accents("jerome@exämple.com")
    assert not has_accents("o'brien+tag@x.com")
