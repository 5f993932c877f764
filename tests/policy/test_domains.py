"""Mail domains: which are one, and which must never be taken for another."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.policy import domains
from approvals.policy.domains import DomainSet, Wildcard


@pytest.mark.parametrize(
    ("email", "domain"),
    [
        ("john@fabrikam.com", "fabrikam.com"),
        (" John@FABRIKAM.Com. ", "fabrikam.com"),
        ("j@münchen.example", "xn--mnchen-3ya.example"),
        ("j@MÜNCHEN.example", "xn--mnchen-3ya.example"),
        ("j@mu\u0308nchen.example", "xn--mnchen-3ya.example"),
        ("j@XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"),
        ("j@straße.example", "xn--strae-oqa.example"),
        ("j@fabrikam。com", "fabrikam.com"),
        ('"a@evil.example"@fabrikam.com', "fabrikam.com"),
        ("fabrikam.com", ""),
        ("@fabrikam.com", ""),
        ("john@", ""),
        ("", ""),
    ],
)
def test_it_finds_the_domain_of_an_address(email: str, domain: str) -> None:
    assert domains.of_address(email) == domain


@pytest.mark.parametrize("odd", ["☃.com", "fabri kam☃.com", "a_b.\u212aom", "é" * 300, "..é", "xn--a.é☃"])
def test_what_is_no_domain_equals_none(odd: str) -> None:
    with pytest.raises(ValueError, match="no domain"):
        domains.parse(odd)
    assert not domains.normalise(odd).isascii()


def test_it_never_takes_a_look_alike_for_the_original() -> None:
    cyrillic = domains.normalise("f\u0430brikam.com")
    assert cyrillic != "fabrikam.com"
    assert domains.readable(cyrillic) == "f\u0430brikam.com"


@pytest.mark.parametrize("domain", ["fabrikam.com", "xn--a.com", "xn--", "xn--fabrikam-.com"])
def test_it_shows_punycode_that_cannot_be_decoded_as_it_is(domain: str) -> None:
    assert domains.readable(domain) == domain


@given(st.text(max_size=300))
def test_it_never_raises_and_changes_nothing_the_second_time(text: str) -> None:
    domain = domains.normalise(text)
    assert domains.normalise(domain) == domain.strip().removesuffix(".") or not domain.isascii()
    domains.readable(domain)
    domains.of_address(text)


@pytest.mark.parametrize(
    ("domain", "entry"),
    [
        ("fabrikam.com", "fabrikam.com"),
        ("de.fabrikam.com", None),
        ("contoso.com", None),
        ("de.contoso.com", ".contoso.com"),
        ("a.de.contoso.com", ".contoso.com"),
        ("evilcontoso.com", None),
        ("", None),
    ],
)
def test_a_list_has_domains_and_all_that_is_below_others(domain: str, entry: str | None) -> None:
    assert DomainSet.of(["fabrikam.com", ".contoso.com"]).find(domain) == entry


@pytest.mark.parametrize(
    ("wildcard", "domain", "fits"),
    [
        ("*.fabrikam.*", "de.fabrikam.com", True),
        ("*.fabrikam.*", "a.b.fabrikam.co.uk", True),
        ("*.fabrikam.*", "fabrikam.com", False),
        ("*.fabrikam.*", "de.fabrikam-evil.com", False),
        ("fabrikam.*", "fabrikam.com", True),
        ("fabrikam.*", "evil.fabrikam.com", False),
        ("fabrikam.com", "fabrikam.com", True),
        ("fabrikam.com", "fabrikamxcom", False),
        ("fab*am.com", "fabam.com", True),
        ("fab*bam.com", "fabam.com", False),
        ("*.münchen.example", "www.xn--mnchen-3ya.example", True),
        ("a*a", "a", False),
        ("*a*b*a*", "xaxbxax", True),
        ("*a*b*a*", "xbxax", False),
    ],
)
def test_a_wildcard_stands_for_any_characters(wildcard: str, domain: str, fits: bool) -> None:
    assert Wildcard.parse(wildcard).fits(domain) is fits


@pytest.mark.parametrize("wildcard", ["", "*", "*.*", "a b", "mün*.example", "*..com", "x" * 300])
def test_it_refuses_a_wildcard_that_fits_everything_or_nothing(wildcard: str) -> None:
    with pytest.raises(ValueError, match=r"no wildcard|too long"):
        Wildcard.parse(wildcard)


@given(st.text("ab.*", min_size=1, max_size=12), st.text("ab.", max_size=12))
def test_a_wildcard_fits_what_the_same_pattern_would(wildcard: str, domain: str) -> None:
    try:
        parsed = Wildcard.parse(wildcard)
    except ValueError:
        return
    pattern = ".*".join(re.escape(part) for part in parsed.written.split("*"))
    assert parsed.fits(domain) is (re.fullmatch(pattern, domain) is not None)
