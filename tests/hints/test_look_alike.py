"""Domains that are made to be taken for a partner's, and the many that are not."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from approvals.hints.domain_names import Site, as_read, domain_of, in_punycode, parents, site_of
from approvals.hints.look_alike import likeness, partners_of, reading_of

PARTNERS = partners_of(
    [
        "fabrikam.com",
        ".contoso.co.uk",
        "mail.tailspin.org",
        "münchen-bau.de",
        "woodgrove.example",
        "northwindtraders.com",
        "team4.com",
        "adatum.onmicrosoft.com",
        "ibm.com",
    ]
)
CYRILLIC_A, CYRILLIC_O = "\u0430", "\u043e"
ALIKE = [
    ("fabrlkam.com", "fabrikam.com", "edit", 1),
    ("fabrikan.com", "fabrikam.com", "edit", 1),
    ("fabrikm.com", "fabrikam.com", "edit", 1),
    ("fabirkam.com", "fabrikam.com", "edit", 1),
    ("fabrlkam.net", "fabrikam.com", "edit", 1),
    ("nothwindtradrs.com", "northwindtraders.com", "edit", 2),
    ("fabrikarn.com", "fabrikam.com", "letters", 0),
    ("c0ntos0.co.uk", "contoso.co.uk", "letters", 0),
    ("wo0dgr0ve.example", "woodgrove.example", "letters", 0),
    ("vvoodgrove.example", "woodgrove.example", "letters", 0),
    ("tai1spin.org", "tailspin.org", "letters", 0),
    (f"f{CYRILLIC_A}brik{CYRILLIC_A}m.com", "fabrikam.com", "letters", 0),
    (f"c{CYRILLIC_O}nt{CYRILLIC_O}so.co.uk", "contoso.co.uk", "letters", 0),
    ("fabríkam.com", "fabrikam.com", "letters", 0),
    ("munchen-bau.de", "münchen-bau.de", "letters", 0),
    ("mail.fabrlkam.com", "fabrikam.com", "edit", 1),
    ("fabrikam.co", "fabrikam.com", "ending", 0),
    ("fabrikam.co.uk", "fabrikam.com", "ending", 0),
    ("contoso.com", "contoso.co.uk", "ending", 0),
    ("ibm.com.example", "ibm.com", "inside", 0),
    ("mail.fabrikam.com.invoices.net", "fabrikam.com", "inside", 0),
    ("adatun.onmicrosoft.com", "adatum.onmicrosoft.com", "edit", 1),
]
UNLIKE = [
    "fabrikam.com",
    "mail.fabrikam.com",
    "de.mail.fabrikam.com",
    "FABRIKAM.COM",
    "fabrikam.com.",
    "contoso.co.uk",
    "hr.contoso.co.uk",
    # What a partner's address is below is the partner's too.
    "tailspin.org",
    "xn--mnchen-bau-9db.de",
    "MÜNCHEN-BAU.DE",
    "adventure-works.com",
    "fabulous.com",
    # In a short name, one other letter makes another name.
    "ibn.com",
    "bm.com",
    "team5.com",
    "litware.onmicrosoft.com",
    "onmicrosoft.com",
    "co.uk",
    "com",
    "",
    ".",
]


@pytest.mark.parametrize(("domain", "partner", "how", "letters"), ALIKE)
def test_it_finds_what_looks_like_a_partner(domain: str, partner: str, how: str, letters: int) -> None:
    found = likeness(in_punycode(domain), PARTNERS)
    assert found is not None
    assert (found.partner, found.how, found.letters) == (partner, how, letters)


@pytest.mark.parametrize("domain", UNLIKE)
def test_it_leaves_everybody_else_alone(domain: str) -> None:
    assert likeness(in_punycode(domain), PARTNERS) is None


def test_it_finds_nothing_where_there_are_no_partners() -> None:
    assert likeness("fabrikam.com", partners_of([])) is None


def test_it_shows_punycode_decoded() -> None:
    assert reading_of("xn--mnchen-bau-9db.de") == "münchen-bau.de"
    assert reading_of("fabrikam.com") == ""


@pytest.mark.parametrize("label", ["xn--", "xn--a", "xn--\u0430", "xn--999999999", "xn--a-ecp.ru", "xn--0ca24w-" * 9])
def test_it_reads_on_where_punycode_is_broken(label: str) -> None:
    read = as_read(f"{label}.com")
    assert read.endswith(".com")
    assert read.encode()


def test_it_takes_unicode_and_punycode_for_the_same_domain() -> None:
    assert domain_of("jürgen@MÜNCHEN-BAU.de") == domain_of("j@xn--mnchen-bau-9db.de") == "xn--mnchen-bau-9db.de"
    assert domain_of("no address") == "no address"
    assert domain_of('"@"@contoso.example') == "contoso.example"


def test_it_cuts_a_domain_where_it_can_be_bought() -> None:
    assert site_of("mail.hr.contoso.co.uk") == Site(("mail", "hr"), "contoso", "co.uk")
    assert site_of("fabrikam.example").domain == "fabrikam.example"
    assert parents("a.b.example") == ["a.b.example", "b.example"]
    assert parents("example") == ["example"]


@given(st.text(max_size=400))
@example("0 .")
@example("a" * 252 + " b")
def test_it_never_raises_and_never_flags_a_partner(text: str) -> None:
    domain = in_punycode(text)
    assert in_punycode(domain) == domain
    likeness(domain, PARTNERS)
    assert likeness(domain, partners_of([domain])) is None
    as_read(domain)


@given(st.lists(st.sampled_from(["xn--", "a", "-", "0", "9", "z", ".", "fabrikam", "com"]), max_size=30).map("".join))
def test_it_survives_what_looks_like_punycode(domain: str) -> None:
    found = likeness(in_punycode(domain), PARTNERS)
    assert found is None or found.partner in PARTNERS.sites
    reading_of(in_punycode(domain)).encode()
