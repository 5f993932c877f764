"""The policy's pages in Chromium: from a preset to a version restored, with and without scripts, for everybody."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from approvals.models import PolicyEvaluation, PolicyVersion, SignUpRequest, UserFlow, Verification
from approvals.policy.engine import evaluate
from approvals.policy.in_force import readable
from approvals.policy.lists import save_list
from tests.factories import make_request
from tests.policy.making import claim, domain, facts, rule
from tests.policy_pages.conftest import at, rules_now
from tests.review.test_in_the_browser import (
    AXE,
    BEYOND_THE_EDGE,
    address,
    base_url,
    open_everything,
    open_page,
    violations,
)
from tests.servers import servers_required

__all__ = ["base_url", "open_page"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "x" * 90
RULES = [
    rule(
        "blocked",
        {"refuse": {"text": {"en": "No.", "de": "Nein."}}},
        {"subject": "email_domain", "test": "in_list", "list": "blocked"},
    ),
    rule(
        "title",
        "correct",
        claim("jobTitle", "length", min=5, **{"not": True}),
        {"subject": "earlier", "test": "denied"},
    ),
    rule(
        "partners",
        "approve",
        domain(f"{'a.' * 90}example"),
        {"subject": "hint", "test": "one_of", "values": ["disposable"]},
    )
    | {"name": LONG},
    rule("set", "set", shadow=True),
    rule("verify", "verify", enabled=False),
]


@pytest.fixture
def asked(flow: UserFlow, anna, admin, published) -> SignUpRequest:
    """A policy of every kind, with requests of which one was evaluated and verified."""
    save_list("blocked", "Blocked", ["mallory.example", "xn--mnchen-3ya.example"], base_version=0, actor=admin)
    published(rule("all", "approve"))
    version = published(*RULES, comment="A longer comment, which says what was changed and why. " * 3)
    for status in ("approved", "denied", "pending"):
        made = make_request(flow, email=f"{status}@{'sub.' * 12}x.example", status=status, by=anna, displayName=LONG)
    verdict = evaluate(readable(version), facts(made.applicant))
    PolicyEvaluation.objects.create(
        request=made, version=version, step="submit", outcome=verdict.outcome, trail=verdict.trail
    )
    Verification.objects.create(
        flow=flow,
        request=made,
        applicant_key=made.applicant_key,
        inputs="1",
        vendor="idology",
        outcome="refer",
        reasons=[LONG],
    )
    return made


def paths(request: SignUpRequest) -> list[str]:
    pages = ("rules", "new-rule", "try", "dry-run", "versions", "file")
    return [
        "/policy/",
        *(at(f"policy-{page}") for page in pages),
        *(at("policy-rule", each["id"]) for each in RULES),
        at("policy-version", 1),
        "/domain-lists/",
        "/domain-lists/blocked/",
        address(request),
    ]


@pytest.mark.skipif(not AXE.is_file() and not servers_required(), reason="needs axe-core: npm ci in tests/browser")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_on_every_page(open_page, asked, admin, scheme) -> None:
    page = open_page(admin, color_scheme=scheme, reduced_motion="reduce")
    found = {}
    for path in paths(asked):
        page.goto(path)
        open_everything(page)
        found[path] = violations(page)
    page.goto(at("policy-try"))
    page.get_by_label("Email address").fill("eva@mallory.example")
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("Refused automatically")).to_be_visible()
    found["tried"] = violations(page)
    assert {where: what for where, what in found.items() if what} == {}


@pytest.mark.parametrize("width", [360, 1280])
def test_it_never_scrolls_sideways(open_page, asked, admin, width) -> None:
    page = open_page(admin, viewport={"width": width, "height": 800})
    too_wide = []
    for path in paths(asked):
        page.goto(path)
        open_everything(page)
        too_wide += [f"{path}: {element}" for element in page.evaluate(BEYOND_THE_EDGE)]
    assert too_wide == []


@pytest.mark.parametrize("script", [True, False])
def test_it_goes_from_a_preset_to_a_version_restored(open_page, admin, flow, anna, script) -> None:
    make_request(flow, email="eva@fabrikam.com", status="denied", by=anna, displayName="Eva Noor")
    page = open_page(admin, java_script_enabled=script)
    page.goto("/requests/")
    page.get_by_role("link", name="Policy").click()
    page.get_by_role("link", name="Partners").click()
    expect(page.get_by_text("Every sign-up waits for a person")).to_be_visible()

    page.locator("summary", has_text="Everybody else").click()
    page.get_by_role("button", name="Add Everybody else").click()
    expect(page.get_by_text("Always: approve at once.")).to_be_visible()

    page.get_by_role("link", name="Edit Everybody else").click()
    page.get_by_label("Name", exact=True).fill("Fabrikam")
    page.get_by_role("button", name="Add a condition").click()
    page.get_by_label("What must hold").select_option("email_domain.one_of")
    expect(page.get_by_label("Pattern")).not_to_be_visible()
    page.get_by_label("Domains, one on each line").fill("fabrikam.com")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("If the email domain is fabrikam.com: approve at once.")).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Version 2 is in force.")

    page.get_by_role("link", name="Try it").click()
    page.get_by_label("Email address").fill("new@fabrikam.com")
    page.get_by_role("button", name="Try it").click()
    expect(
        page.get_by_text("Approved automatically: rule “Fabrikam” matched (email domain is fabrikam.com).")
    ).to_be_visible()
    expect(page.locator(".wire pre")).to_have_text(re.compile(r'"action": "Continue"'))

    page.get_by_role("link", name="Dry run").click()
    expect(page.get_by_role("row", name="Eva Noor")).to_contain_text("Approved at once")

    page.get_by_role("link", name="Versions").click()
    page.get_by_role("link", name="1", exact=True).click()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("status")).to_contain_text("as version 3")
    assert [each["name"] for each in rules_now(flow)] == ["Everybody else"]
    assert PolicyVersion.objects.count() == 3


def test_it_says_what_a_rule_means_while_it_is_written(open_page, admin, flow) -> None:
    page = open_page(admin)
    page.goto(at("policy-new-rule"))
    page.get_by_label("Name", exact=True).fill("Nobody")
    page.get_by_label("Refuse").check()
    page.get_by_label("Text for the applicant").fill("Sorry.")
    page.get_by_label("What you change and why").focus()
    expect(page.locator("#preview")).to_contain_text("Always: refuse.")
    page.get_by_label("Verify the identity").check()
    expect(page.locator("#preview")).to_contain_text("Always: verify the identity.")
    expect(page.get_by_label("Text for the applicant")).not_to_be_visible()


def test_enter_in_a_field_saves_nothing(open_page, admin, flow, published) -> None:
    published(rule("a", "approve"))
    page = open_page(admin)
    page.goto(at("policy-rule", "a"))
    page.get_by_label("Name", exact=True).fill("Another")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="In plain words")).to_be_visible()
    expect(page.get_by_label("Name", exact=True)).to_have_value("Another")
    page.goto(at("policy-rules"))
    page.get_by_label("What you change and why").fill("Oops")
    page.keyboard.press("Enter")
    assert PolicyVersion.objects.count() == 1
