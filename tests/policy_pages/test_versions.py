"""The versions of a policy on pages: what each changed, one in full, and going back to it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from approvals.models import AuditEvent, DomainList, PolicyVersion, UserFlow
from approvals.policy.lists import save_list
from tests.policy.making import domain, rule
from tests.policy_pages.conftest import at, rules_now

A, B, C = (rule(name, "approve", domain(f"{name}.example")) for name in ("a", "b", "c"))


def row(page: str, number: int) -> str:
    found = re.search(rf'<li><a class="number" href="[^"]*/versions/{number}/">.*?</li>', page, re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>", " ", found[0])


def restore(browser: Client, number: int, base: int, **fields: str) -> Any:
    return browser.post(at("policy-restore", number), {"base": base, **fields})


def test_it_says_what_each_version_changed(annas: Client, published) -> None:
    published(A, B, comment="Begin & see.")
    published(B, A, C)
    published({**A, "enabled": False})
    page = annas.get(at("policy-versions")).content.decode()
    assert re.search(r"Begin &amp; see\..*Added: A, B", row(page, 1), re.DOTALL)
    assert re.search(r"Added: C\. .*The order changed\.", row(page, 2), re.DOTALL)
    assert re.search(r"Changed: A\. .*Removed: B, C\.", row(page, 3), re.DOTALL)
    assert "in force" in row(page, 3)
    assert "in force" not in row(page, 1)
    assert "admin" in row(page, 1)


def test_it_shows_twenty_at_a_time(annas: Client, published) -> None:
    for number in range(25):
        published(rule(f"r{number}", "approve"))
    page = annas.get(at("policy-versions")).content.decode()
    assert re.findall(r'class="number" href="[^"]*/(\d+)/"', page) == [str(n) for n in range(25, 5, -1)]
    assert "Added: R5" in row(page, 6)
    assert "Removed: R4" in row(page, 6)
    page = annas.get(at("policy-versions") + "?before=6").content.decode()
    assert re.findall(r'class="number" href="[^"]*/(\d+)/"', page) == ["5", "4", "3", "2", "1"]
    for strange in ("x", "0", "-1", "9" * 40, "%00"):
        assert annas.get(at("policy-versions") + f"?before={strange}").status_code == 200


def test_it_shows_a_version_in_plain_words(annas: Client, admins: Client, published) -> None:
    published(A)
    published(B)
    page = annas.get(at("policy-version", 1)).content.decode()
    assert "If the email domain is a.example: approve at once." in page
    assert "Restore" not in page
    page = admins.get(at("policy-version", 1)).content.decode()
    assert re.search(r"Added: A\..*Removed: B\.", page, re.DOTALL)
    assert "Restore" in page
    assert "Restore" not in admins.get(at("policy-version", 2)).content.decode()


@pytest.mark.parametrize("number", [0, 3, 99999999999999999999999])
def test_a_version_that_is_not_there_is_not_found(admins: Client, published, number: int) -> None:
    published(A)
    assert admins.get(at("policy-version", number)).status_code == 404
    assert restore(admins, number, 1).status_code == 404


def test_it_restores_a_version_as_a_new_one(admins: Client, flow: UserFlow, published) -> None:
    published(A, B)
    published()
    assert restore(admins, 1, 2).status_code == 302
    assert [each["id"] for each in rules_now(flow)] == ["a", "b"]
    version = PolicyVersion.objects.get(flow=flow, number=3)
    assert (version.comment, version.author_name) == ("Version 1 again.", "admin")
    assert AuditEvent.objects.filter(action="policy.changed").count() == 3
    assert restore(admins, 1, 2).status_code == 302
    assert PolicyVersion.objects.count() == 3


def test_it_restores_with_a_comment(admins: Client, flow: UserFlow, published) -> None:
    published(A)
    published(B)
    restore(admins, 1, 2, comment="B was wrong.")
    assert PolicyVersion.objects.get(flow=flow, number=3).comment == "B was wrong."


def test_who_comes_second_keeps_the_comment(admins: Client, flow: UserFlow, published) -> None:
    published(A)
    published(B)
    published(C)
    response = restore(admins, 1, 2, comment="B was wrong.")
    page = response.content.decode()
    assert response.status_code == 409
    assert 'value="B was wrong."' in page
    assert 'name="base" value="3"' in page
    assert [each["id"] for each in rules_now(flow)] == ["c"]


def test_a_version_that_speaks_of_a_list_that_is_gone_stays_where_it_is(admins: Client, flow, admin, published) -> None:
    save_list("gone", "Gone", ["x.example"], base_version=0, actor=admin)
    published(rule("a", "approve", {"subject": "email_domain", "test": "in_list", "list": "gone"}))
    published(B)
    DomainList.objects.all().delete()
    response = restore(admins, 1, 2)
    assert response.status_code == 400
    assert "there is no list “gone”" in response.content.decode()
    assert [each["id"] for each in rules_now(flow)] == ["b"]


@pytest.mark.parametrize("document", [{}, [], "x", None, {"rules": 5}, {"policy": 1, "rules": [{"id": "a"}, 7]}])
def test_versions_that_nobody_can_read_are_shown_as_such(admins: Client, flow: UserFlow, document: Any) -> None:
    PolicyVersion.objects.create(flow=flow, number=1, document=document if document is not None else {"x": 1})
    PolicyVersion.objects.create(flow=flow, number=2, document={"policy": 1, "rules": []})
    assert admins.get(at("policy-versions")).status_code == 200
    assert "This version cannot be read." in admins.get(at("policy-version", 1)).content.decode()
    assert restore(admins, 1, 2).status_code == 400
    assert admins.get(at("policy-dry-run") + "?version=1").status_code == 200
    assert admins.post(at("policy-try"), {"step": "submit", "email": "x@y.example", "version": "1"}).status_code == 200


def test_the_history_tells_of_changes_of_the_policy(annas: Client, published) -> None:
    published(A, comment="Begin.")
    page = annas.get("/history/?kind=administration").content.decode()
    assert "Sign-up policy changed" in page
    assert "Version 1" in page
    assert "Begin." in page
