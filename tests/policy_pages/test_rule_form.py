"""The form of a rule: whatever the document can say, it can hold; what is wrong stands at its field; nothing needs a script."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.forms import MultipleChoiceField
from django.http import QueryDict
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from approvals.hints.hint import CODES
from approvals.models import PolicyVersion, UserFlow
from approvals.policy.document import dump, parse
from approvals.policy.lists import save_list
from approvals.review.policy.kinds import ALL_KINDS, HINTS, ISSUERS, KINDS, PLACES, VERIFICATIONS, fields_of
from approvals.review.policy.rule_form import FIELDS_OF, OUTCOMES, Draft
from tests.policy.making import EXTENSION, claim, document, documents, domain, rule
from tests.policy_pages.conftest import at, rules_now

CSS = Path(__file__).parents[2] / "static/foyer/css/policy.css"
TEXT = {"base": 0, "name": "No webmail", "steps": "submit", "enabled": "on", "then": "refuse", "text": "Sorry."}


@pytest.fixture
def lists(flow: UserFlow, admin) -> None:
    """The lists that made-up documents speak of."""
    for slug in ("partners", "missing"):
        save_list(slug, slug.capitalize(), ["fabrikam.com"], base_version=0, actor=admin)


def new(browser: Client, **fields: Any) -> Any:
    return browser.post(at("policy-new-rule"), {**TEXT, "deed": "save", **fields})


def sent_by(draft: Draft) -> QueryDict:
    """What a browser would send of an untouched form."""
    data = QueryDict(mutable=True)
    data.setlist("row", [str(row.number) for row in draft.rows])
    for form in (draft.form, *draft.rows):
        for field in form:
            value = field.value()
            if field.widget_type == "checkbox":
                data.setlist(field.html_name, ["on"] if value else [])
            elif isinstance(field.field, MultipleChoiceField):
                data.setlist(field.html_name, [str(each) for each in value or ()])
            else:
                data[field.html_name] = "" if value is None else str(value)
    return data


def plainly(stored: dict[str, Any]) -> dict[str, Any]:
    """The rule with a text that is there in the flow's language alone as one for everybody, which is the same."""
    ((outcome, details),) = stored["then"].items()
    text = details.get("text")
    if isinstance(text, dict) and set(text) == {"en"}:
        details = {**details, "text": text["en"]}
    return {**stored, "then": {outcome: details}}


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@example(document(rule("a", "approve", claim(EXTENSION, "one_of", values=[1, "1", True, "true"]))))
@example(document(rule("a", "approve", claim("city", "length", min=0, max=0))))
@example(document(rule("a", "approve", claim(EXTENSION, "equals", value=False))))
@example(document(rule("a", "approve", claim("city", "equals", value="a  b\u2028c"))))
@given(documents())
def test_a_rule_is_the_same_after_the_form(flow: UserFlow, lists: None, made: dict[str, Any]) -> None:
    for stored in dump(parse(made))["rules"]:
        untouched = Draft(flow, stored["id"], stored=stored)
        draft = Draft.sent(flow, sent_by(untouched), stored["id"], stored=stored)
        assert draft.check(), list(draft.problems())
        assert plainly(dump(parse(document(draft.as_document())))["rules"][0]) == plainly(stored)


def test_it_has_every_kind_of_condition_and_every_outcome() -> None:
    offered = [kind for _group, kinds in KINDS for kind, _words in kinds]
    assert sorted(offered) == sorted(ALL_KINDS)
    assert len(offered) == len(set(offered))
    assert set(PLACES) == {"this_flow", "other_flow", "any_flow"}
    assert set(ISSUERS) >= {"google", "facebook", "mail", "microsoft"}
    assert set(VERIFICATIONS) == {"passed", "failed", "refer", "unavailable", "none"}
    assert set(HINTS) == set(CODES)


def test_the_style_sheet_shows_the_fields_of_what_is_chosen() -> None:
    css = CSS.read_text()
    for kind in ALL_KINDS:
        assert f'.condition:has(option[value="{kind}"]:checked) > .{kind.replace(".", "-")}' in css
        assert fields_of(kind)
    for outcome in FIELDS_OF:
        assert f'.outcome:has(input[value="{outcome}"]:checked) > .{outcome}' in css
    assert set(FIELDS_OF) <= set(OUTCOMES)


def test_it_publishes_a_new_rule_behind_the_others(admins: Client, flow: UserFlow, published) -> None:
    published(rule("a", "approve"))
    fields = {"row": ["1", "2"], "c1-kind": "email_domain.under", "c1-domains": "GMX.example\nmünchen.example"}
    more = {"c2-kind": "earlier.denied", "c2-where": "any_flow", "c2-within_days": "30", "c2-negated": "on"}
    response = new(admins, base=1, comment="Webmail.", **fields, **more)
    assert response["Location"] == at("policy-rules") + "#rule-no-webmail"
    made = rules_now(flow)[1]
    assert made == {
        "id": "no-webmail",
        "name": "No webmail",
        "enabled": True,
        "shadow": False,
        "steps": ["submit"],
        "when": [
            {"subject": "email_domain", "test": "under", "values": ["gmx.example", "münchen.example"]},
            {"subject": "earlier", "test": "denied", "where": "any_flow", "within_days": 30, "not": True},
        ],
        "then": {"refuse": {"text": "Sorry."}},
    }
    version = PolicyVersion.objects.get(flow=flow, number=2)
    assert (version.comment, version.author_name) == ("Webmail.", "admin")


@pytest.mark.parametrize(
    ("then", "fields", "document"),
    [
        ("refuse", {"text": "No.\r\nNever."}, {"refuse": {"text": "No. Never."}}),
        ("refuse", {"text": "No.", "text_de": "Nein."}, {"refuse": {"text": {"en": "No.", "de": "Nein."}}}),
        ("refuse", {"text": "", "text_de": "Nein."}, {"refuse": {"text": {"de": "Nein."}}}),
        ("correct", {"attribute": "jobTitle"}, {"correct": {"attribute": "jobTitle", "text": "Sorry."}}),
        ("set", {"claim": "country", "value": "US"}, {"set": {"claim": "country", "value": "US"}}),
        ("set", {"claim": EXTENSION, "value": "7", "value_type": "number"}, {"set": {"claim": EXTENSION, "value": 7}}),
        ("set", {"claim": EXTENSION, "value": "7", "value_type": "text"}, {"set": {"claim": EXTENSION, "value": "7"}}),
        (
            "set",
            {"claim": EXTENSION, "value": "True", "value_type": "flag"},
            {"set": {"claim": EXTENSION, "value": True}},
        ),
        ("approve", {}, {"approve": {}}),
        ("verify", {}, {"verify": {}}),
        ("review", {}, {"review": {}}),
        ("review", {"reason": "Look."}, {"review": {"reason": "Look."}}),
    ],
)
def test_it_writes_each_outcome(
    admins: Client, flow: UserFlow, then: str, fields: dict[str, str], document: dict[str, Any]
) -> None:
    assert new(admins, then=then, **fields).status_code == 302
    assert rules_now(flow)[0]["then"] == document


def test_it_changes_a_rule_in_its_place(admins: Client, flow: UserFlow, published) -> None:
    published(rule("a", "approve"), rule("b", "approve"), rule("c", "approve"))
    response = admins.post(at("policy-rule", "b"), {**TEXT, "base": 1, "deed": "save", "shadow": "on", "enabled": ""})
    assert response.status_code == 302
    assert [each["id"] for each in rules_now(flow)] == ["a", "b", "c"]
    assert (rules_now(flow)[1]["name"], rules_now(flow)[1]["shadow"]) == ("No webmail", True)


def test_two_rules_of_one_name_have_two_ids(admins: Client, flow: UserFlow) -> None:
    new(admins)
    new(admins, base=1)
    assert [each["id"] for each in rules_now(flow)] == ["no-webmail", "no-webmail-2"]


@pytest.mark.parametrize(("name", "rule_id"), [("Überall: ÉÉ!", "uberall-ee"), ("規則", "rule"), ("x" * 100, "x" * 50)])
def test_the_id_says_what_the_rule_is_called(admins: Client, flow: UserFlow, name: str, rule_id: str) -> None:
    new(admins, name=name)
    assert rules_now(flow)[0]["id"] == rule_id


def test_a_rule_saved_twice_is_saved_once(admins: Client, flow: UserFlow) -> None:
    assert new(admins).status_code == 302
    assert new(admins).status_code == 302
    assert len(rules_now(flow)) == 1


def rows_in(page: str) -> list[str]:
    return re.findall(r'name="row" value="(\d+)"', page)


def test_it_adds_and_removes_conditions_without_a_script(admins: Client, flow: UserFlow) -> None:
    response = admins.post(at("policy-new-rule"), {**TEXT, "deed": "add", "comment": "Why."})
    page = response.content.decode()
    assert (response.status_code, rows_in(page)) == (200, ["1"])
    assert 'value="No webmail"' in page
    assert 'value="Why."' in page
    assert "Sorry.</textarea>" in page
    assert "something to mend" not in page
    typed = {
        "row": ["1", "2"],
        "c1-kind": "claim.present",
        "c1-name": "city",
        "c2-kind": "claim.present",
        "c2-name": "state",
    }
    page = admins.post(at("policy-new-rule"), {**TEXT, **typed, "deed": "add"}).content.decode()
    assert rows_in(page) == ["1", "2", "3"]
    page = admins.post(at("policy-new-rule"), {**TEXT, **typed, "deed": "remove 1"}).content.decode()
    assert rows_in(page) == ["2"]
    assert 'name="c2-name" value="state"' in page
    assert "c1-name" not in page
    assert PolicyVersion.objects.count() == 0


def test_there_are_no_more_conditions_than_a_rule_may_have(admins: Client) -> None:
    rows = [str(number) for number in range(1, 21)]
    page = admins.post(at("policy-new-rule"), {**TEXT, "row": rows, "deed": "add"}).content.decode()
    assert rows_in(page) == rows
    assert 'value="add"' not in page


def test_it_says_what_the_rule_means_before_it_is_saved(admins: Client) -> None:
    fields = {"row": "1", "c1-kind": "issuer.one_of", "c1-issuers": ["google", "mail"]}
    page = admins.post(at("policy-new-rule"), {**TEXT, **fields, "deed": "check"}).content.decode()
    assert "If the person signs in with Google or One-time passcode by email: refuse." in page
    assert PolicyVersion.objects.count() == 0


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"name": ""}, "id_name", "This is missing."),
    ({"name": "x" * 101}, "id_name", "At most 100 characters."),
    ({"name": "a\0b"}, "id_name", "Null characters are not allowed."),
    ({"steps": []}, "id_steps", "This needs at least one value."),
    ({"steps": ["check_status"], "then": "approve"}, "id_steps", "works with the form only"),
    ({"then": ""}, "id_then", "Please give exactly one outcome"),
    ({"then": "explode"}, "id_then", "explode is not one of the available choices"),
    ({"text": ""}, "id_text", "This is missing."),
    ({"text": "x" * 301}, "id_text", "At most 300 characters."),
    ({"then": "correct", "attribute": "colour"}, "id_attribute", "There is no attribute"),
    ({"then": "set", "claim": "country", "value": ""}, "id_value", "This is missing."),
    ({"then": "set", "claim": "colour", "value": "red"}, "id_claim", "There is no attribute"),
    ({"c1-kind": ""}, "id_c1-kind", "Please choose one of"),
    ({"c1-kind": "email_domain.one_of"}, "id_c1-domains", "This needs at least one value."),
    ({"c1-kind": "email_domain.one_of", "c1-domains": "a..b"}, "id_c1-domains", "is no domain"),
    ({"c1-kind": "email_domain.in_list"}, "id_c1-list_slug", "This is missing."),
    ({"c1-kind": "email_domain.in_list", "c1-list_slug": "gone"}, "id_c1-list_slug", "gone is not one of"),
    ({"c1-kind": "issuer.one_of"}, "id_c1-issuers", "This needs at least one value."),
    ({"c1-kind": "claim.present", "c1-name": ""}, "id_c1-name", "This is missing."),
    ({"c1-kind": "claim.equals", "c1-name": "city"}, "id_c1-value", "This is missing."),
    ({"c1-kind": "claim.one_of", "c1-name": "city"}, "id_c1-values", "This needs at least one value."),
    ({"c1-kind": "claim.matches", "c1-name": "city", "c1-pattern": "("}, "id_c1-pattern", "This is no pattern"),
    ({"c1-kind": "claim.length", "c1-name": "city"}, "id_c1-least", "Please give the smallest or the largest"),
    ({"c1-kind": "claim.length", "c1-name": "city", "c1-least": "five"}, "id_c1-least", "This must be a number."),
    ({"c1-kind": "claim.number", "c1-name": "city", "c1-most": "1e999"}, "id_c1-most", "This must be a number from"),
    (
        {"c1-kind": "claim.length", "c1-name": "city", "c1-least": "5", "c1-most": "4"},
        "id_c1-most",
        "The largest is smaller",
    ),
    ({"c1-kind": "language.one_of", "c1-languages": "12"}, "id_c1-languages", "is no language"),
    ({"c1-kind": "earlier.denied", "c1-within_days": "0"}, "id_c1-within_days", "This must be a number from 1"),
    ({"c1-kind": "hint.one_of"}, "id_c1-hints", "This needs at least one value."),
    ({"c1-kind": "hint.one_of", "c1-hints": "NO HINT"}, "id_c1-hints", "NO HINT is not one of"),
    ({"c1-kind": "verification.one_of"}, "id_c1-verifications", "This needs at least one value."),
]


@pytest.mark.parametrize(
    ("fields", "where", "sentence"), WRONG, ids=[f"{list(f)[-1]}={list(f.values())[-1]!s:.9}" for f, *_ in WRONG]
)
def test_what_is_wrong_stands_at_its_field_and_in_a_list(
    admins: Client, fields: dict[str, Any], where: str, sentence: str
) -> None:
    row = {"row": "1"} if any(name.startswith("c1") for name in fields) else {}
    response = new(admins, **row, **fields)
    page = response.content.decode()
    assert response.status_code == 400
    assert re.search(rf'<a href="#{where}">', page)
    at_field = re.search(rf'id="{where}_error">(.*?)</div>', page, re.DOTALL)
    assert at_field
    assert sentence in at_field[1]
    assert f'id="{where}"' in page or f'id="{where}_0"' in page
    assert PolicyVersion.objects.count() == 0


def test_what_was_typed_comes_back_with_what_is_wrong(admins: Client) -> None:
    fields = {"row": "1", "c1-kind": "claim.length", "c1-name": "city", "c1-least": "few <b>"}
    page = new(admins, comment="Kept.", **fields).content.decode()
    for kept in ('value="few &lt;b&gt;"', 'value="Kept."', 'value="city"', "Sorry.</textarea>", "No webmail"):
        assert kept in page


def test_the_form_of_a_stored_rule_holds_it(admins: Client, published) -> None:
    published(
        rule(
            "a",
            {"refuse": {"text": {"en": "No.", "de": "Nein."}}},
            domain("x.example"),
            {"subject": "hint", "test": "one_of", "values": ["disposable", "brand_new"]},
        )
    )
    page = admins.get(at("policy-rule", "a")).content.decode()
    assert "x.example</textarea>" in page
    assert "Nein.</textarea>" in page
    assert re.search(r'value="brand_new"[^>]*checked', page)
    assert "If the email domain is x.example" in page


def test_who_comes_second_keeps_what_they_typed_and_sees_what_won(admins: Client, flow: UserFlow, published) -> None:
    published(rule("a", "approve"))
    published(rule("a", "verify", domain("x.example")))
    response = admins.post(at("policy-rule", "a"), {**TEXT, "base": 1, "deed": "save", "comment": "Mine."})
    page = response.content.decode()
    assert response.status_code == 409
    assert "The policy has changed since you opened it" in page
    assert "In force is now: If the email domain is x.example: verify the identity." in page
    assert "Sorry.</textarea>" in page
    assert 'value="Mine."' in page
    assert 'name="base" value="2"' in page
    assert rules_now(flow)[0]["then"] == {"verify": {}}
    assert admins.post(at("policy-rule", "a"), {**TEXT, "base": 2, "deed": "save"}).status_code == 302
    assert rules_now(flow)[0]["then"] == {"refuse": {"text": "Sorry."}}


def test_a_base_that_was_never_there_is_a_lost_race(admins: Client, flow: UserFlow) -> None:
    response = new(admins, base="77")
    assert response.status_code == 409
    assert "Sorry.</textarea>" in response.content.decode()
    assert rules_now(flow) == []


def test_a_list_that_has_gone_meanwhile_is_no_error_page(admins: Client, flow: UserFlow, lists, published) -> None:
    from approvals.models import DomainList

    listed = {"subject": "email_domain", "test": "in_list", "list": "partners"}
    published(rule("a", "approve", listed), rule("b", "approve"))
    DomainList.objects.all().delete()
    response = admins.post(at("policy-rule", "b"), {**TEXT, "base": 1, "deed": "save"})
    assert response.status_code == 400
    assert "there is no list “partners”" in response.content.decode()


def test_there_is_no_form_for_a_rule_that_is_not_there(admins: Client, annas: Client, published) -> None:
    published(rule("a", "approve"))
    assert admins.get(at("policy-rule", "zz")).status_code == 404
    assert annas.get(at("policy-rule", "zz")).status_code == 404


def test_a_reviewer_reads_the_texts_of_a_rule(annas: Client, published) -> None:
    published(rule("a", {"refuse": {"text": {"en": "No.", "de": "Nein."}}}))
    page = annas.get(at("policy-rule", "a")).content.decode()
    assert "Nein." in page
    assert "<form" not in page.split("<main", 1)[1].split("</main>")[0]


@pytest.mark.django_db
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_sent_is_answered(admins: Client, flow: UserFlow, data: st.DataObject) -> None:
    names = [
        "base",
        "deed",
        "row",
        "name",
        "steps",
        "then",
        "text",
        "text_de",
        "attribute",
        "claim",
        "value",
        "value_type",
    ]
    names += [f"c1-{name}" for name in ("kind", "domains", "values", "value", "least", "hints", "pattern", "name")]
    kinds = st.sampled_from([*ALL_KINDS, *OUTCOMES, "save", "add", "remove 1", "check", "1", "0", "submit"])
    values = st.one_of(kinds, st.text(max_size=40), st.just("\0"), st.just("9" * 400))
    sent = data.draw(st.dictionaries(st.sampled_from(names), st.lists(values, max_size=3)))
    assert admins.post(at("policy-new-rule"), {"row": "1", **sent}).status_code in (200, 302, 400, 409)
