"""Lists of domains on pages: read decoded, saved one of two at a time, and what is typed is never lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from approvals.models import AuditEvent, DomainList
from approvals.policy.lists import MOST_DOMAINS, save_list
from tests.policy.making import rule
from tests.policy_pages.conftest import at

LISTS = reverse("review:domain-lists")
PARTNERS = reverse("review:domain-list", args=["partners"])


@pytest.fixture
def partners(admin: User, flow) -> DomainList:
    """A list with an international domain."""
    return save_list("partners", "Partners", [".fabrikam.com", "xn--mnchen-3ya.example"], base_version=0, actor=admin)


def save(browser: Client, domains: str, *, base: int | str = 1, name: str = "Partners") -> Any:
    return browser.post(PARTNERS, {"base": base, "name": name, "domains": domains})


def held() -> list[str]:
    domains: list[str] = DomainList.objects.get(slug="partners").domains
    return domains


def test_it_shows_punycode_decoded(admins: Client, partners) -> None:
    page = admins.get(PARTNERS).content.decode()
    assert ".fabrikam.com\nmünchen.example</textarea>" in page
    assert '<code>münchen.example</code> <span class="below">xn--mnchen-3ya.example</span>' in page
    assert "2 domains" in page


def test_it_says_which_rules_speak_of_it(admins: Client, partners, published) -> None:
    assert "No rule speaks of it." in admins.get(PARTNERS).content.decode()
    published(rule("a", "approve", {"subject": "email_domain", "test": "in_list", "list": "partners"}))
    page = admins.get(PARTNERS).content.decode()
    assert f'<a href="{at("policy-rules")}">Partners</a> <span class="below">A</span>' in page
    assert "used in 1 place" in admins.get(LISTS).content.decode()


def test_it_saves_a_list(admins: Client, partners, admin: User) -> None:
    response = save(admins, "Contoso.EXAMPLE, münchen.example\r\n\r\n*.fabrikam.com", name="Our partners")
    assert response["Location"] == PARTNERS
    assert held() == ["contoso.example", ".fabrikam.com", "xn--mnchen-3ya.example"]
    saved = DomainList.objects.get(slug="partners")
    assert (saved.name, saved.version, saved.changed_by) == ("Our partners", 2, admin)
    assert AuditEvent.objects.filter(action="policy.list_changed").count() == 2


def test_the_same_again_changes_nothing(admins: Client, partners) -> None:
    assert save(admins, ".fabrikam.com\nmünchen.example").status_code == 302
    assert DomainList.objects.get(slug="partners").version == 1


def test_a_list_may_be_empty(admins: Client, partners) -> None:
    assert save(admins, "").status_code == 302
    assert held() == []
    assert "It is empty." in admins.get(PARTNERS).content.decode()


def test_who_comes_second_keeps_what_they_typed_and_sees_what_won(admins: Client, partners, admin: User) -> None:
    save_list("partners", "Partners", ["won.example"], base_version=1, actor=admin)
    response = save(admins, "mine.example\n<b>")
    assert response.status_code == 400
    response = save(admins, "mine.example")
    page = response.content.decode()
    assert response.status_code == 409
    assert "The list has changed since you opened it" in page
    assert "mine.example</textarea>" in page
    assert "<code>won.example</code>" in page
    assert 'name="base" value="2"' in page
    assert held() == ["won.example"]
    assert save(admins, "mine.example", base=2).status_code == 302


def test_a_mistake_does_not_hide_that_somebody_else_saved(admins: Client, partners, admin: User) -> None:
    save_list("partners", "Partners", ["won.example"], base_version=1, actor=admin)
    page = save(admins, "no domain!").content.decode()
    assert 'name="base" value="1"' in page


@pytest.mark.parametrize(
    ("domains", "sentence"),
    [
        ("no..domain", "These are no domains: “no..domain”."),
        ("<script>", "These are no domains: “&lt;script&gt;”."),
        ("a\0b", "Null characters are not allowed."),
        ("x" * 400_000, "These are no domains"),
        ("\n".join(f"d{n}.example" for n in range(MOST_DOMAINS + 1)), "A list has at most"),
        ("\u202eexample.com", "These are no domains"),
    ],
)
def test_what_is_no_domain_comes_back_with_the_reason(admins: Client, partners, domains: str, sentence: str) -> None:
    response = save(admins, domains)
    assert response.status_code == 400
    assert sentence in response.content.decode()
    assert held() == [".fabrikam.com", "xn--mnchen-3ya.example"]


@pytest.mark.parametrize("base", ["", "x", "0", "-1", "9" * 40])
def test_a_base_that_was_never_there_is_a_lost_race(admins: Client, partners, base: str) -> None:
    assert save(admins, "mine.example", base=base).status_code == 409
    assert held() == [".fabrikam.com", "xn--mnchen-3ya.example"]


def test_it_makes_a_list(admins: Client, flow) -> None:
    response = admins.post(LISTS, {"slug": "blocked", "name": "Blocked", "domains": "x.example\ny.example"})
    assert response["Location"] == reverse("review:domain-list", args=["blocked"])
    assert DomainList.objects.get(slug="blocked").domains == ["x.example", "y.example"]


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"slug": "partners"}, 409, "The list has changed since you opened it"),
        ({"slug": "UPPER"}, 400, "small letters"),
        ({"slug": "a b"}, 400, "valid “slug”"),
        ({"slug": ""}, 400, "This field is required."),
        ({"name": ""}, 400, "This field is required."),
        ({"name": "x" * 101}, 400, "at most 100 characters"),
        ({"domains": "?"}, 400, "These are no domains"),
    ],
)
def test_a_list_that_cannot_be_made_comes_back(
    admins: Client, partners, fields: dict[str, str], status: int, sentence: str
) -> None:
    response = admins.post(LISTS, {"slug": "new", "name": "Kept name", "domains": "kept.example", **fields})
    page = response.content.decode()
    assert response.status_code == status
    assert sentence in page
    assert "domains" in fields or "kept.example</textarea>" in page
    assert '<details class="card new-list" open>' in page
    assert DomainList.objects.count() == 1


def test_the_flows_partners_are_a_use(admins: Client, partners, flow) -> None:
    flow.partner_domains = partners
    flow.save()
    assert "partners' domains of the user flow" in admins.get(PARTNERS).content.decode()


def test_there_are_no_lists_at_first(admins: Client) -> None:
    assert "No lists of domains" in admins.get(LISTS).content.decode()
    assert admins.get(PARTNERS).status_code == 404
