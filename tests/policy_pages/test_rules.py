"""The list of rules: in plain words and in order, and each button a new version."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from approvals.models import AuditEvent, PolicyVersion, UserFlow
from tests.policy.making import domain, rule
from tests.policy_pages.conftest import at, rules_now

A, B, C = (rule(name, "approve", domain(f"{name}.example")) for name in ("a", "b", "c"))


@pytest.fixture
def three(published) -> None:
    """Rules a, b and c."""
    published(A, B, C)


def press(browser: Client, deed: str, *, base: int = 1, **fields: Any) -> Any:
    return browser.post(at("policy-change"), {"base": base, "deed": deed, **fields})


def ids(flow: UserFlow) -> list[str]:
    return [each["id"] for each in rules_now(flow)]


def the(flow: UserFlow, rule_id: str) -> dict[str, Any]:
    return next(each for each in rules_now(flow) if each["id"] == rule_id)


def test_it_says_each_rule_in_plain_words(annas: Client, published) -> None:
    published(A, rule("late", "approve", enabled=False), rule("quiet", "refuse", shadow=True))
    page = annas.get(at("policy-rules")).content.decode()
    assert "If the email domain is a.example: approve at once." in page
    assert re.search(r"Late</a>\s.*?>off<", page, re.DOTALL)
    assert "shadow: only records" in page
    assert "Version 1, by admin" in page


def test_it_explains_that_everybody_waits(annas: Client, admins: Client) -> None:
    assert "There are no rules that decide before." in annas.get(at("policy-rules")).content.decode()
    page = admins.get(at("policy-rules")).content.decode()
    assert "Every sign-up waits for a person" in page
    assert "Add a rule to refuse, correct or approve" in page


@pytest.mark.parametrize(
    ("deed", "after"),
    [
        ("up b", ["b", "a", "c"]),
        ("down b", ["a", "c", "b"]),
        ("delete b", ["a", "c"]),
        ("clone b", ["a", "b", "b-copy", "c"]),
    ],
)
def test_a_button_changes_the_order(admins: Client, flow: UserFlow, three, deed: str, after: list[str]) -> None:
    response = press(admins, deed, comment="Because.")
    assert response.status_code == 302
    assert ids(flow) == after
    version = PolicyVersion.objects.get(flow=flow, number=2)
    assert (version.author_name, version.comment) == ("admin", "Because.")
    assert AuditEvent.objects.filter(action="policy.changed").count() == 2


@pytest.mark.parametrize(
    ("deed", "field", "value"),
    [
        ("disable", "enabled", False),
        ("enable", "enabled", True),
        ("shadow", "shadow", True),
        ("unshadow", "shadow", False),
    ],
)
def test_a_button_switches_a_rule(
    admins: Client, flow: UserFlow, published, deed: str, field: str, value: bool
) -> None:
    published({**A, field: not value}, B)
    press(admins, f"{deed} a")
    assert the(flow, "a")[field] is value
    assert the(flow, "b") == {**the(flow, "b"), "enabled": True, "shadow": False}


def test_a_clone_is_off_until_somebody_has_changed_it(admins: Client, flow: UserFlow, three) -> None:
    press(admins, "clone b")
    assert the(flow, "b-copy") == {**the(flow, "b"), "id": "b-copy", "name": "Copy of B", "enabled": False}
    press(admins, "clone b", base=2)
    assert ids(flow) == ["a", "b", "b-copy-2", "b-copy", "c"]


def test_the_first_stays_first_and_the_last_last(admins: Client, flow: UserFlow, three) -> None:
    press(admins, "up a")
    press(admins, "down c")
    assert ids(flow) == ["a", "b", "c"]
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize("deed", ["up b", "disable b", "delete b", "clone b"])
def test_a_button_pressed_twice_is_pressed_once(admins: Client, flow: UserFlow, three, deed: str) -> None:
    assert press(admins, deed).status_code == 302
    after = rules_now(flow)
    assert press(admins, deed).status_code == 302
    assert rules_now(flow) == after
    assert PolicyVersion.objects.count() == 2


def test_who_comes_second_sees_the_rules_that_won_and_keeps_the_words(
    admins: Client, flow: UserFlow, three, published
) -> None:
    published(B)
    response = press(admins, "delete b", comment="Not needed & old.")
    page = response.content.decode()
    assert response.status_code == 409
    assert "The policy has changed since you opened it. Nothing was saved." in page
    assert 'value="Not needed &amp; old."' in page
    assert 'name="base" value="2"' in page
    assert 'id="rule-b"' in page
    assert 'id="rule-a"' not in page
    assert ids(flow) == ["b"]


@pytest.mark.parametrize("base", ["0", "9", "-1", "", "x", "9" * 30, "\0", "1.5", "²"])
def test_a_base_that_nobody_could_have_seen_changes_nothing(admins: Client, flow: UserFlow, three, base: str) -> None:
    response = admins.post(at("policy-change"), {"base": base, "deed": "delete b"})
    assert response.status_code in (404, 409)
    assert ids(flow) == ["a", "b", "c"]


@pytest.mark.parametrize(
    "deed", ["", "delete", "delete nobody", "explode b", "b delete", "delete b\0", "up " + "b" * 9000]
)
def test_an_unknown_deed_is_not_found(admins: Client, three, deed: str) -> None:
    assert press(admins, deed).status_code == 404


def test_a_comment_that_is_too_long_comes_back(admins: Client, flow: UserFlow, three) -> None:
    response = press(admins, "delete b", comment="x" * 301)
    assert response.status_code == 400
    assert "x" * 301 in response.content.decode()
    assert ids(flow) == ["a", "b", "c"]


PRESETS = [
    ("allowed-domains", {"domains": "fabrikam.com, contoso.example"}, "other-domains"),
    ("job-title", {"least": "5"}, "short-jobtitle"),
    ("display-name", {"least": "7", "required": "on", "text": "Longer!"}, "short-displayname"),
    ("returned-claim", {"claim": "country", "value": "US"}, "set-country"),
    ("everybody-else", {}, "everybody-else"),
]


@pytest.mark.parametrize(("preset", "fields", "rule_id"), PRESETS, ids=[name for name, *_ in PRESETS])
def test_a_preset_is_put_behind_the_others(
    admins: Client, flow: UserFlow, published, preset: str, fields: dict[str, str], rule_id: str
) -> None:
    published(A)
    sent = {"base": 1, "preset": preset, **{f"{preset}-{name}": value for name, value in fields.items()}}
    assert admins.post(at("policy-presets"), sent).status_code == 302
    assert ids(flow) == ["a", rule_id]
    assert admins.post(at("policy-presets"), sent).status_code == 302
    assert ids(flow) == ["a", rule_id]


def test_a_preset_is_the_first_rule(admins: Client, flow: UserFlow) -> None:
    admins.post(
        at("policy-presets"), {"base": 0, "preset": "allowed-domains", "allowed-domains-domains": "Fabrikam.COM"}
    )
    text = "Please sign up with an address of fabrikam.com."
    assert the(flow, "other-domains")["then"] == {"refuse": {"text": text}}


@pytest.mark.parametrize(
    ("preset", "field", "typed"),
    [
        ("allowed-domains", "domains", "no domain!"),
        ("allowed-domains", "domains", ""),
        ("job-title", "least", "many"),
        ("job-title", "least", "0"),
        ("returned-claim", "value", ""),
        ("returned-claim", "claim", "colour"),
    ],
)
def test_a_preset_that_cannot_be_used_comes_back(
    admins: Client, flow: UserFlow, preset: str, field: str, typed: str
) -> None:
    sent = {"base": 0, "preset": preset, f"{preset}-{field}": typed, f"{preset}-text": "Kept words"}
    response = admins.post(at("policy-presets"), sent)
    page = response.content.decode()
    assert response.status_code == 400
    assert f'id="id_{preset}-{field}_error"' in page
    assert re.search(r'<details class="card preset" open>', page)
    assert preset == "returned-claim" or "Kept words" in page
    assert ids(flow) == []


def test_a_preset_that_comes_second_keeps_what_was_typed(admins: Client, three, published) -> None:
    published(B)
    sent = {"base": 1, "preset": "allowed-domains", "allowed-domains-domains": "fabrikam.com\ncontoso.example"}
    response = admins.post(at("policy-presets"), sent)
    assert response.status_code == 409
    assert "fabrikam.com\ncontoso.example</textarea>" in response.content.decode()


def test_an_unknown_preset_is_not_found(admins: Client) -> None:
    assert admins.post(at("policy-presets"), {"base": 0, "preset": "x"}).status_code == 404


def test_a_version_that_cannot_be_read_is_said_to_be_so(admins: Client, annas: Client, flow: UserFlow) -> None:
    PolicyVersion.objects.create(flow=flow, number=1, document={"policy": 9, "rules": "none"})
    for browser in (admins, annas):
        assert "This version cannot be read" in browser.get(at("policy-rules")).content.decode()
    assert admins.get(at("policy-rule", "a")).status_code == 404
    assert annas.get("/policy/").status_code == 200


def test_the_pages_ask_the_database_few_times(annas: Client, published, django_assert_max_num_queries) -> None:
    published(*(rule(f"r{number}", "approve", domain(f"x{number}.example")) for number in range(50)))
    annas.get(at("policy-rules"))
    with django_assert_max_num_queries(6):
        annas.get(at("policy-rules"))
    with django_assert_max_num_queries(6):
        annas.get("/policy/")
