"""Publishing a policy and saving a list: versions, who may, what is audited, and who comes too late."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from approvals.errors import Conflict, NotAllowed
from approvals.models import AuditEvent, DomainList, PolicyVersion, UserFlow
from approvals.policy import in_force
from approvals.policy.document import dump, parse
from approvals.policy.domains import DomainSet
from approvals.policy.engine import Facts, evaluate
from approvals.policy.errors import DomainListChanged, InvalidDomainList, PolicyChanged, PolicyError
from approvals.policy.in_force import compiled
from approvals.policy.lists import MOST_DOMAINS, normalise, save_list
from approvals.policy.versions import current, publish
from tests.factories import make_applicant, make_flow
from tests.policy.making import document, domain, rule

ONE = document(rule("a", "approve"))
TWO = document(rule("b", "refuse", domain("x.example")), rule("a", "approve", domain("y.example")))
LISTED = document(rule("a", "approve", {"subject": "email_domain", "test": "in_list", "list": "partners"}))


def audited(action: str) -> list[dict[str, Any]]:
    """The facts of all events of a kind."""
    return list(AuditEvent.objects.filter(action=action).order_by("at", "id").values_list("data", flat=True))


def test_a_flow_has_no_policy_at_first(flow: UserFlow) -> None:
    assert current(flow) is None
    assert compiled(flow.pk) is None


def test_it_publishes_version_after_version(flow: UserFlow, admin: User) -> None:
    first = publish(flow, ONE, base=0, actor=admin, comment="  Begin. ")
    second = publish(flow, TWO, base=1, actor=admin)
    assert (first.number, first.author, first.author_name, first.comment) == (1, admin, "admin", "Begin.")
    assert (second.number, current(flow)) == (2, second)
    assert PolicyVersion.objects.get(number=1).document["rules"][0]["id"] == "a"


def test_it_audits_which_rules_changed(flow: UserFlow, admin: User) -> None:
    publish(flow, ONE, base=0, actor=admin, comment="Begin.")
    publish(flow, TWO, base=1, actor=admin)
    publish(flow, document(*reversed(TWO["rules"])), base=2, actor=admin)
    publish(flow, document(), base=3, actor=None)
    kept = {"base", "number", "note", "added", "removed", "changed", "moved"}
    told = audited("policy.changed")
    assert all(set(each) == kept for each in told)
    assert [(each["number"], each["added"], each["changed"], each["removed"], each["moved"]) for each in told] == [
        (1, ["a"], [], [], False),
        (2, ["b"], ["a"], [], False),
        (3, [], [], [], True),
        (4, [], [], ["a", "b"], False),
    ]
    event = AuditEvent.objects.filter(action="policy.changed").earliest("at")
    assert (event.flow, event.actor, event.data["note"]) == (flow, admin, "Begin.")


def test_the_same_rules_are_no_new_version(flow: UserFlow, admin: User) -> None:
    first = publish(flow, ONE, base=0, actor=admin)
    assert publish(flow, document(rule("a", "approve", enabled=True)), base=0, actor=admin) == first
    assert len(audited("policy.changed")) == 1


@pytest.mark.parametrize("base", [0, 2])
def test_it_refuses_what_was_made_from_another_version(flow: UserFlow, admin: User, base: int) -> None:
    publish(flow, ONE, base=0, actor=admin)
    with pytest.raises(PolicyChanged) as refused:
        publish(flow, TWO, base=base, actor=admin)
    assert isinstance(refused.value, Conflict)
    assert (PolicyVersion.objects.count(), len(audited("policy.changed"))) == (1, 1)


@pytest.mark.parametrize("unusable", [None, {}, document(rule("a", "let_in")), LISTED])
def test_it_refuses_what_cannot_be_used(flow: UserFlow, admin: User, unusable: Any) -> None:
    with pytest.raises(PolicyError):
        publish(flow, unusable, base=0, actor=admin)
    assert not PolicyVersion.objects.exists()


def test_it_says_which_list_is_missing(flow: UserFlow, admin: User) -> None:
    with pytest.raises(PolicyError) as refused:
        publish(flow, LISTED, base=0, actor=admin)
    (problem,) = refused.value.problems
    assert str(problem) == "rule 1 (a), condition 1, list: there is no list “partners”."


def test_it_refuses_a_comment_that_is_too_long(flow: UserFlow, admin: User) -> None:
    with pytest.raises(PolicyError, match="300"):
        publish(flow, ONE, base=0, actor=admin, comment="x" * 301)
    assert not PolicyVersion.objects.exists()


def test_only_an_administrator_may(flow: UserFlow, anna: User, stranger: User, admin: User) -> None:
    admin.is_active = False
    for person in (anna, stranger, admin):
        with pytest.raises(NotAllowed):
            publish(flow, ONE, base=0, actor=person)
        with pytest.raises(NotAllowed):
            save_list("partners", "Partners", ["fabrikam.com"], base_version=0, actor=person)
    assert not PolicyVersion.objects.exists()
    assert not DomainList.objects.exists()


def test_flows_have_policies_of_their_own(flow: UserFlow) -> None:
    other = make_flow("suppliers")
    publish(flow, ONE, base=0, actor=None)
    assert publish(other, TWO, base=0, actor=None).number == 1
    assert compiled(flow.pk) != compiled(other.pk)


# --- Lists ---------------------------------------------------------------------------------------------------


def test_it_brings_entries_into_one_form() -> None:
    typed = [
        "  Fabrikam.COM. ",
        "münchen.example",
        "xn--mnchen-3ya.example",
        "*.contoso.com",
        ".contoso.com",
        "contoso.com",
    ]
    assert normalise(typed) == [".contoso.com", "contoso.com", "fabrikam.com", "xn--mnchen-3ya.example"]


@pytest.mark.parametrize("entry", ["", " ", ".", "*", "*x.com", "..x", "a b", "a@b.com", "☃.com", "x" * 300, None])
def test_it_refuses_an_entry_that_is_no_domain(entry: Any) -> None:
    with pytest.raises(InvalidDomainList, match="no domains"):
        normalise(["fabrikam.com", entry])


def test_it_refuses_more_than_a_rule_should_look_at() -> None:
    assert len(normalise(f"d{number}.example" for number in range(MOST_DOMAINS))) == MOST_DOMAINS
    with pytest.raises(InvalidDomainList, match=str(MOST_DOMAINS)):
        normalise(f"d{number}.example" for number in range(MOST_DOMAINS + 1))


@pytest.mark.parametrize(("slug", "name"), [("", "x"), ("No", "x"), ("a" * 51, "x"), ("a", ""), ("a", "x" * 101)])
def test_it_refuses_an_unusable_name(db: None, slug: str, name: str) -> None:
    with pytest.raises(InvalidDomainList):
        save_list(slug, name, [], base_version=0, actor=None)
    assert not DomainList.objects.exists()


def test_it_saves_a_list_and_audits_the_difference(admin: User) -> None:
    first = save_list("partners", "Partners", ["fabrikam.com", "contoso.com"], base_version=0, actor=admin)
    second = save_list("partners", "Our partners", ["contoso.com", ".fabrikam.com"], base_version=1, actor=admin)
    assert (first.version, second.version, second.name, second.changed_by) == (1, 2, "Our partners", admin)
    assert second.domains == ["contoso.com", ".fabrikam.com"]
    assert audited("policy.list_changed")[1] == {
        "list": "partners",
        "version": 2,
        "added": [".fabrikam.com"],
        "removed": ["fabrikam.com"],
        "count": 2,
    }


def test_the_same_list_again_changes_nothing(admin: User) -> None:
    first = save_list("partners", "Partners", ["fabrikam.com"], base_version=0, actor=admin)
    assert save_list("partners", "Partners", ["FABRIKAM.com"], base_version=0, actor=admin) == first
    assert len(audited("policy.list_changed")) == 1


@pytest.mark.parametrize("base_version", [0, 2])
def test_it_refuses_to_overwrite_a_list_that_was_changed(admin: User, base_version: int) -> None:
    save_list("partners", "Partners", ["fabrikam.com"], base_version=0, actor=admin)
    with pytest.raises(DomainListChanged):
        save_list("partners", "Partners", ["contoso.com"], base_version=base_version, actor=admin)
    assert DomainList.objects.get().domains == ["fabrikam.com"]


# --- In force ------------------------------------------------------------------------------------------------


def test_it_gives_the_policy_with_its_lists_and_asks_once(flow: UserFlow) -> None:
    save_list("partners", "Partners", [".example"], base_version=0, actor=None)
    version = publish(flow, LISTED, base=0, actor=None)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        for _time in range(3):
            found = compiled(flow.pk)
    assert found is not None
    assert (found.version_id, found.number, found.lists) == (version.pk, 1, {"partners": DomainSet.of([".example"])})
    assert len(asked) == 3
    assert evaluate(found.policy, Facts(make_applicant(), "submit", lists=found.lists)).outcome == "approve"


def test_the_rules_are_read_again_only_when_they_are_others(flow: UserFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_force, "SECONDS", 0.0)
    publish(flow, ONE, base=0, actor=None)
    first, again = compiled(flow.pk), compiled(flow.pk)
    assert first is not None
    assert again is not None
    assert first.policy is again.policy
    publish(flow, TWO, base=1, actor=None)
    other = compiled(flow.pk)
    assert other is not None
    assert (other.number, len(other.policy.rules)) == (2, 2)


def test_it_remembers_that_there_is_none(flow: UserFlow) -> None:
    compiled(flow.pk)
    with CaptureQueriesContext(connection) as asked:
        assert compiled(flow.pk) is None
    assert len(asked) == 0


def test_what_is_published_here_holds_at_once(flow: UserFlow) -> None:
    assert compiled(flow.pk) is None
    publish(flow, ONE, base=0, actor=None)
    found = compiled(flow.pk)
    assert found is not None
    assert found.number == 1


def test_what_is_published_elsewhere_holds_soon(flow: UserFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_force, "SECONDS", 0.05)
    assert compiled(flow.pk) is None
    PolicyVersion.objects.create(flow=flow, number=1, document=dump(parse(ONE)))
    until = time.monotonic() + 10
    while compiled(flow.pk) is None:
        assert time.monotonic() < until


def test_a_list_that_is_saved_here_holds_at_once(flow: UserFlow) -> None:
    save_list("partners", "Partners", ["x.example"], base_version=0, actor=None)
    publish(flow, LISTED, base=0, actor=None)
    compiled(flow.pk)
    save_list("partners", "Partners", [".example"], base_version=1, actor=None)
    found = compiled(flow.pk)
    assert found is not None
    assert found.lists["partners"].find("fabrikam.example") == ".example"


def test_it_keeps_no_more_than_it_may(flow: UserFlow, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_force, "MOST", 10)
    for number in range(35):
        compiled(-number)
    assert len(in_force._kept) <= 10


@pytest.mark.parametrize("stored", [None, [], {"policy": 9}, {"policy": 1, "rules": [{"then": {"approve": {}}}]}])
def test_a_stored_policy_that_cannot_be_read_approves_nobody(flow: UserFlow, stored: Any, log_lines) -> None:
    PolicyVersion.objects.create(flow=flow, number=1, document=stored if stored is not None else "null")
    found = compiled(flow.pk)
    assert found is not None
    verdict = evaluate(found.policy, Facts(make_applicant(), "submit"))
    assert (verdict.outcome, verdict.fault) == ("review", "broken")
    assert "policy_unreadable" in log_lines.getvalue()


def test_a_list_that_is_gone_approves_nobody(flow: UserFlow) -> None:
    save_list("partners", "Partners", [".example"], base_version=0, actor=None)
    publish(flow, LISTED, base=0, actor=None)
    DomainList.objects.all().delete()
    in_force.forget()
    found = compiled(flow.pk)
    assert found is not None
    assert evaluate(found.policy, Facts(make_applicant(), "submit", lists=found.lists)).outcome == "review"


@pytest.mark.parametrize("entry", ["foo", "not", "example.", "*"])
def test_a_single_word_is_no_domain_of_a_list(entry: str, admin: User) -> None:
    with pytest.raises(InvalidDomainList, match="no domains"):
        save_list("partners", "Partners", ["fabrikam.com", entry], base_version=0, actor=admin)
    assert save_list("partners", "Partners", [".edu"], base_version=0, actor=admin).domains == [".edu"]
