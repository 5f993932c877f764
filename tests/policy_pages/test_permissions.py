"""Who may read a policy, who may change it, and who must not even know that it is there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from approvals.models import AuditEvent, DomainList, PolicyVersion, UserFlow
from approvals.policy.lists import save_list
from tests.factories import make_flow
from tests.policy.making import domain, rule
from tests.policy_pages.conftest import at
from tests.review.conftest import signed_in

OF_A_FLOW = {
    "rules": at("policy-rules"),
    "rule": at("policy-rule", "partner"),
    "try": at("policy-try"),
    "dry run": at("policy-dry-run"),
    "versions": at("policy-versions"),
    "version": at("policy-version", 1),
    "file": at("policy-file"),
    "yaml": at("policy-yaml"),
}
FOR_ADMINISTRATORS = {"new rule": at("policy-new-rule")}
DEEDS: dict[str, tuple[str, dict[str, Any]]] = {
    "change": (at("policy-change"), {"base": 1, "deed": "delete partner"}),
    "preset": (at("policy-presets"), {"base": 1, "preset": "everybody-else"}),
    "new rule": (at("policy-new-rule"), {"base": 1, "deed": "save", "name": "x", "steps": "submit", "then": "approve"}),
    "rule": (
        at("policy-rule", "partner"),
        {"base": 1, "deed": "save", "name": "x", "steps": "submit", "then": "approve"},
    ),
    "restore": (at("policy-restore", 1), {"base": 1}),
    "import": (at("policy-file"), {"base": 1, "deed": "import", "text": "policy: 1\nrules: []\n"}),
    "list": (reverse("review:domain-list", args=["partners"]), {"base": 1, "name": "x", "domains": "x.example"}),
    "new list": (reverse("review:domain-lists"), {"slug": "more", "name": "x", "domains": "x.example"}),
}


@pytest.fixture(autouse=True)
def policy(published, admin) -> None:
    """A policy that speaks of a list."""
    save_list("partners", "Partners", ["fabrikam.com"], base_version=0, actor=admin)
    listed = {"subject": "email_domain", "test": "in_list", "list": "partners"}
    published(rule("partner", "approve", listed))


def anything_changed() -> bool:
    return PolicyVersion.objects.count() > 1 or set(DomainList.objects.values_list("slug", "version")) != {
        ("partners", 1)
    }


@pytest.mark.parametrize("address", OF_A_FLOW.values(), ids=OF_A_FLOW)
def test_a_reviewer_reads_the_policy_of_their_flow(annas: Client, address: str) -> None:
    assert annas.get(address).status_code == 200


@pytest.mark.parametrize("address", OF_A_FLOW.values(), ids=OF_A_FLOW)
def test_an_administrator_reads_every_policy(admins: Client, address: str) -> None:
    assert admins.get(address).status_code == 200


@pytest.mark.parametrize("address", [*OF_A_FLOW.values(), *FOR_ADMINISTRATORS.values()])
def test_nobody_else_knows_of_it(strangers: Client, address: str) -> None:
    make_flow("suppliers").reviewers.add(User.objects.get(username="stranger"))
    assert strangers.get(address).status_code == 404


@pytest.mark.parametrize("address", FOR_ADMINISTRATORS.values())
def test_only_an_administrator_gets_a_form_for_a_new_rule(annas: Client, admins: Client, address: str) -> None:
    assert annas.get(address).status_code == 403
    assert admins.get(address).status_code == 200


@pytest.mark.parametrize(("address", "fields"), DEEDS.values(), ids=DEEDS)
def test_a_reviewer_changes_nothing(annas: Client, address: str, fields: dict[str, Any]) -> None:
    before = AuditEvent.objects.count()
    assert annas.post(address, fields).status_code == 403
    assert not anything_changed()
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(("address", "fields"), DEEDS.values(), ids=DEEDS)
def test_a_stranger_changes_nothing(strangers: Client, address: str, fields: dict[str, Any]) -> None:
    assert strangers.post(address, fields).status_code in (403, 404)
    assert not anything_changed()


@pytest.mark.parametrize(("address", "fields"), DEEDS.values(), ids=DEEDS)
def test_an_administrator_is_led_on_after_a_deed(admins: Client, address: str, fields: dict[str, Any]) -> None:
    assert admins.post(address, fields).status_code == 302


@pytest.mark.parametrize(("address", "fields"), DEEDS.values(), ids=DEEDS)
def test_it_refuses_a_form_without_its_token(admin: User, address: str, fields: dict[str, Any]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)
    assert browser.post(address, fields).status_code == 403
    assert not anything_changed()


@pytest.mark.parametrize("name", ["policy-change", "policy-presets"])
def test_it_does_nothing_on_a_link(admins: Client, name: str) -> None:
    assert admins.get(at(name)).status_code == 405
    assert admins.get(at("policy-restore", 1)).status_code == 405


@pytest.mark.parametrize("name", ["rules", "rule", "dry run", "versions", "version", "file"])
def test_a_reviewer_sees_no_button_that_they_may_not_press(annas: Client, admins: Client, name: str) -> None:
    content = annas.get(OF_A_FLOW[name]).content.decode().split("<main", 1)[1].split("</main>")[0]
    assert 'method="post"' not in content
    assert ">Delete<" not in content


def test_a_reviewer_tries_the_policy(annas: Client) -> None:
    page = annas.post(at("policy-try"), {"step": "submit", "email": "eva@fabrikam.com"})
    assert page.status_code == 200
    assert "Approved automatically" in page.content.decode()


def test_the_list_of_policies_has_the_readers_flows_only(annas: Client, strangers: Client, admins: Client) -> None:
    make_flow("suppliers")
    assert "Suppliers" not in annas.get("/policy/").content.decode()
    assert "Partners" in annas.get("/policy/").content.decode()
    assert "You do not review any user flow" in strangers.get("/policy/").content.decode()
    assert "Suppliers" in admins.get("/policy/").content.decode()


def test_a_list_is_read_where_a_rule_speaks_of_it(annas: Client, strangers: Client, admin: User) -> None:
    save_list("other", "Other", ["x.example"], base_version=0, actor=admin)
    page = annas.get("/domain-lists/").content.decode()
    assert "/domain-lists/partners/" in page
    assert "/domain-lists/other/" not in page
    assert annas.get("/domain-lists/partners/").status_code == 200
    assert annas.get("/domain-lists/other/").status_code == 404
    assert strangers.get("/domain-lists/partners/").status_code == 404


def test_a_list_tells_a_reviewer_of_their_own_flows_only(annas: Client, flow: UserFlow) -> None:
    other = make_flow("suppliers")
    other.partner_domains = DomainList.objects.get(slug="partners")
    other.save()
    page = annas.get("/domain-lists/partners/").content.decode()
    assert "Partner</span>" in page
    assert "Suppliers" not in page


def test_everybody_finds_the_policies_in_the_bar(annas: Client, admins: Client) -> None:
    for browser in (annas, admins):
        assert '<a href="/policy/" data-key="g p">Policy</a>' in browser.get("/requests/").content.decode()


def test_a_flow_may_be_called_like_a_page(admin: User) -> None:
    for slug in ("lists", "new", "policy"):
        make_flow(slug)
        assert signed_in(admin).get(reverse("review:policy-rules", args=[slug])).status_code == 200


def test_a_rule_may_be_called_like_a_page(admins: Client, published) -> None:
    published(rule("new", "approve", domain("x.example")))
    assert 'value="New"' in admins.get(at("policy-rule", "new")).content.decode()
