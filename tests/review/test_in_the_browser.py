"""The pages in Chromium: accessible in light and dark, at home on a telephone, and workable by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from accounts.models import User
from approvals import workflow
from approvals.hints.examining import examine
from approvals.models import Delivery, OutboxEntry, SignUpRequest, UserFlow
from tests.factories import PASSWORD, make_applicant, make_flow, make_request
from tests.servers import servers_required

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

AXE = Path(__file__).parents[1] / "browser/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# The elements that reach beyond the window, if the page can be scrolled sideways at all.
BEYOND_THE_EDGE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const wide = [...document.body.querySelectorAll("*")].filter(e => e.getBoundingClientRect().right > width + 1);
  return ["the page", ...wide.map(e => e.outerHTML.slice(0, 120))];
}"""
# What a reader may do to the text by WCAG 1.4.12: wider than any font in use.
WIDEST_TEXT = "* { letter-spacing: 0.12em !important; word-spacing: 0.16em !important; line-height: 1.5 !important; }"
ADD_A_STYLE = """css => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets.push(sheet);
}"""
LONG_NAME = "Åse-Marie Kathrine von Überlingen-Hohenzollern-Sigmaringen de la Santísima Trinidad"


@pytest.fixture(autouse=True)
def base_url(live_server, settings) -> str:
    """Where the pages are served, with the product's own policy for them."""
    settings.CSRF_TRUSTED_ORIGINS = [live_server.url]
    return str(live_server.url)


@pytest.fixture
def open_page(chromium: Browser, base_url: str) -> Iterator[Callable[..., Page]]:
    """Opens a fresh browser window for somebody; whatever a page complains of on its console fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_window(user: User | None = None, **options: Any) -> Page:
        context = chromium.new_context(base_url=base_url, **options)
        contexts.append(context)
        if user:
            context.add_cookies([{"name": "foyer", "value": session_of(user), "url": base_url}])
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_window
    for context in contexts:
        context.close()
    assert complaints == []


def session_of(user: User) -> str:
    """The cookie of somebody who has signed in."""
    client = Client()
    client.force_login(user)
    return client.cookies["foyer"].value


def address(request: SignUpRequest) -> str:
    return reverse("review:request", args=[request.reference])


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with a page, as `rule: element` lines."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("rules => axe.run(document, {runOnly: {type: 'tag', values: rules}})", RULES)
    return [f"{rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"]]


def wait_for_keys(page: Page) -> None:
    """A key that is pressed before the page's script has come is lost. From then on its buttons show their keys."""
    expect(page.locator("html")).to_contain_class("keys")


def open_everything(page: Page) -> None:
    """Unfold what a page keeps folded."""
    page.evaluate("() => document.querySelectorAll('main details').forEach(details => details.open = true)")


def make_every_state(flow: UserFlow, anna: User) -> dict[str, SignUpRequest]:
    """A request in each state, with names, answers and reasons that try the layout."""
    made = {
        state: make_request(flow, email=f"{state}@x.example", status=state, by=anna, reason="No.", note="Known.")
        for state in ("approved", "provisioned", "failed", "denied")
    }
    made["long"] = make_request(
        flow,
        email=f"{'a.long.address.' * 6}@{'sub.' * 12}example.example",
        displayName=LONG_NAME,
        jobTitle="x" * 120,
        claims={"note": "y" * 3000, "number": 4},
    )
    made["odd"] = make_request(flow, displayName="مريم\u202e <b>", claims={"age": 4})
    foresee(made["long"], "will_invite", policy="unread")
    foresee(made["odd"], "unknown", why="unreachable", again=True)
    for code in ("already_guest", "invitations_forbidden"):
        made[code] = make_request(flow, email=f"{code}@x.example")
        foresee(made[code], code)
    made["hinted"] = make_request(flow, email="m@mailinator.com", displayName="Maria www.evil.example")
    told = {"domain": "xn--" + "sub.xn--" * 30, "decoded": "ä" * 60, "partner": "fabrikam.example", "how": "letters"}
    examine(made["hinted"].pk)
    hints = SignUpRequest.objects.get(pk=made["hinted"].pk).hints
    more = [{"code": "look_alike", "facts": told}, {"code": "first_from_domain", "facts": told}]
    SignUpRequest.objects.filter(pk=made["hinted"].pk).update(hints=hints + more)
    workflow.submit(flow, make_applicant(displayName="مريم", jobTitle="مهندسة"))
    return made


def foresee(request: SignUpRequest, code: str, **facts: object) -> None:
    """A worker has looked into the tenant two minutes ago."""
    at = timezone.now() - timedelta(minutes=2)
    workflow.record_forecast(request.pk, code=code, facts=facts, at=at)


@pytest.mark.skipif(not AXE.is_file() and not servers_required(), reason="needs axe-core: npm ci in tests/browser")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_on_every_page(open_page, anna, flow, scheme) -> None:
    make_flow("suppliers").reviewers.add(anna)
    requests = make_every_state(flow, anna)
    page = open_page(anna, color_scheme=scheme, reduced_motion="reduce")
    found = {}
    for path in [
        *(f"/requests/?tab={tab}" for tab in ("needs-decision", "decided", "failed", "all")),
        "/requests/?q=nobody",
        *(address(request) for request in requests.values()),
        "/history/",
        "/accounts/preferences",
    ]:
        page.goto(path)
        open_everything(page)
        found[path] = violations(page)
    page.goto("/requests/")
    page.keyboard.press("?")
    found["the list of keys"] = violations(page)
    visitor = open_page(color_scheme=scheme)
    visitor.goto("/accounts/sign-in")
    found["sign-in"] = violations(visitor)
    assert {where: what for where, what in found.items() if what} == {}


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_it_never_scrolls_sideways(open_page, anna, flow, width) -> None:
    make_flow("suppliers").reviewers.add(anna)
    requests = make_every_state(flow, anna)
    page = open_page(anna, viewport={"width": width, "height": 800})
    too_wide = []
    paths = ["/requests/?tab=all", *map(address, requests.values()), "/history/", "/accounts/preferences"]
    for path in paths:
        page.goto(path)
        open_everything(page)
        too_wide += [f"{path}: {element}" for element in page.evaluate(BEYOND_THE_EDGE)]
    assert too_wide == []


def test_it_signs_in_decides_and_undoes_by_keyboard_alone(open_page, anna, flow, settings) -> None:
    settings.DECISION_HOLD_SECONDS = 60
    first = make_request(flow)
    second = make_request(flow, email="maria@x.example", displayName="Maria Oliveira")
    page = open_page(timezone_id="Europe/Lisbon")
    page.goto("/")
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type("anna")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".row")).to_have_count(2)
    assert User.objects.get(pk=anna.pk).time_zone == "Europe/Lisbon"

    wait_for_keys(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("o")
    expect(page.get_by_role("heading", name="John Smith")).to_be_visible()
    wait_for_keys(page)
    page.keyboard.press("a")
    expect(page.get_by_role("button", name="Approve", exact=True)).to_be_focused()
    assert SignUpRequest.objects.get(pk=first.pk).status == "pending"
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Maria Oliveira")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("You approved John Smith.")
    assert SignUpRequest.objects.get(pk=first.pk).status == "approved"

    wait_for_keys(page)
    page.keyboard.press("z")
    expect(page.get_by_role("status")).to_contain_text("The decision on John Smith is undone.")
    assert SignUpRequest.objects.get(pk=first.pk).status == "pending"

    wait_for_keys(page)
    page.keyboard.press("n")
    expect(page.get_by_role("heading", name="Maria Oliveira")).to_be_visible()
    wait_for_keys(page)
    page.keyboard.press("d")
    page.keyboard.type("Please use your work address.")
    expect(page.locator(".letter")).to_contain_text("Please use your work address.")
    deny = page.get_by_role("button", name="Deny this request")
    for _ in range(8):
        if deny.evaluate("button => button === document.activeElement"):
            break
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You denied Maria Oliveira.")
    assert SignUpRequest.objects.get(pk=second.pk).reason == "Please use your work address."

    wait_for_keys(page)
    page.keyboard.press("g")
    page.keyboard.press("q")
    expect(page.locator(".row")).to_have_count(1)
    wait_for_keys(page)
    page.keyboard.press("/")
    page.keyboard.type("nobody")
    expect(page.get_by_text("No request matches")).to_be_visible()
    expect(page).to_have_url(re.compile("q=nobody"))


@pytest.mark.parametrize("job", ["Buyer", "Buyer\n" * 40], ids=["short", "long"])
@pytest.mark.parametrize("style", ["", WIDEST_TEXT], ids=["plain", "wide"])
def test_it_shows_the_reason_in_the_mail_while_it_is_typed(open_page, anna, flow, style, job) -> None:
    page = open_page(anna, viewport={"width": 1280, "height": 800})
    page.goto(address(make_request(flow, jobTitle=job)))
    page.evaluate(ADD_A_STYLE, style)
    page.keyboard.press("d")
    page.keyboard.type("Please use your work address.")
    said = page.locator(".letter pre")
    expect(said).to_contain_text("Please use your work address.")
    bottom_of_the_reason, top_of_the_button = page.evaluate(
        """() => {
          const text = document.querySelector(".letter pre").firstChild, range = document.createRange();
          const end = text.data.indexOf("work address.") + "work address.".length;
          range.setStart(text, end - 1);
          range.setEnd(text, end);
          return [range.getBoundingClientRect().bottom, document.querySelector(".send .button").getBoundingClientRect().top];
        }"""
    )
    assert bottom_of_the_reason <= min(top_of_the_button, 800)
    expect(page.get_by_label("Reason for the applicant")).to_be_in_viewport(ratio=1)
    assert page.locator(".letter").evaluate("letter => letter.scrollHeight <= letter.clientHeight + 1")


def test_it_keeps_the_field_with_the_focus_out_from_behind_the_button(open_page, anna, flow) -> None:
    page = open_page(anna, viewport={"width": 1280, "height": 800})
    page.goto(address(make_request(flow)))
    page.keyboard.press("d")
    expect(page.locator(".letter")).to_be_visible()
    note = page.locator("#deny").get_by_label("Private note")
    for _ in range(3):
        page.keyboard.press("Tab")
    expect(note).to_be_focused()
    box, button = note.bounding_box(), page.get_by_role("button", name="Deny this request").bounding_box()
    assert box["y"] + box["height"] <= button["y"]


def test_it_shows_a_key_once_it_can_be_pressed(open_page, anna, flow) -> None:
    page = open_page(anna)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/keyboard*.js", hold)
    page.goto(address(make_request(flow)), wait_until="commit")
    deny = page.locator("#deny > summary")
    expect(page.locator("html")).to_contain_class("script")
    expect(deny).to_be_visible()
    expect(deny.locator("kbd")).to_be_hidden()
    held[0].continue_()
    expect(deny.locator("kbd")).to_be_visible()
    page.keyboard.press("d")
    expect(page.get_by_label("Reason for the applicant")).to_be_focused()


def test_it_leaves_single_keys_alone_when_they_are_switched_off(open_page, anna, flow) -> None:
    User.objects.filter(pk=anna.pk).update(keyboard_shortcuts=False)
    page = open_page(anna)
    page.goto(address(make_request(flow)))
    page.keyboard.press("d")
    page.keyboard.press("?")
    expect(page.locator("#deny")).not_to_have_attribute("open", "")
    expect(page.locator("dialog")).not_to_be_visible()


def test_it_leads_past_the_frame_to_the_content(open_page, anna) -> None:
    page = open_page(anna)
    page.goto("/requests/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_it_shows_the_delivery_as_it_goes(open_page, anna, flow) -> None:
    request = make_request(flow, status="approved", by=anna)
    page = open_page(anna)
    page.goto(address(request))
    expect(page.locator("[aria-current=step]")).to_have_text("Waiting to start")
    workflow.record_progress(request.pk, Delivery.Stage.INVITING)
    expect(page.locator("[aria-current=step]")).to_have_text("Inviting the guest")
    workflow.record_provisioned(request.pk, guest_id="4711-guest", made=Delivery.Made.INVITED)
    expect(page.locator("#panel")).to_contain_text("4711-guest")
    expect(page.locator("#state")).to_contain_text("invited")
    expect(page.locator("#timeline")).to_contain_text("Guest invited")
    OutboxEntry.objects.update(state=OutboxEntry.State.DONE)
    expect(page.locator("[hx-trigger]")).to_have_count(0, timeout=15_000)


def test_it_offers_to_reopen_a_denial_once_it_is_in_effect(open_page, anna, flow, settings) -> None:
    settings.DECISION_HOLD_SECONDS = 2
    request = make_request(flow, status="denied", by=anna)
    page = open_page(anna)
    page.goto(address(request))
    expect(page.get_by_role("button", name="Undo")).to_be_visible()
    expect(page.get_by_role("button", name="Reopen")).to_be_visible(timeout=15_000)


def test_it_takes_undo_away_when_the_time_is_over(open_page, anna, flow, settings) -> None:
    settings.DECISION_HOLD_SECONDS = 2
    page = open_page(anna)
    page.goto(address(make_request(flow)))
    page.get_by_role("button", name="Approve", exact=True).click()
    toast = page.get_by_role("status")
    expect(toast.get_by_role("button", name="Undo")).to_be_visible()
    expect(toast.get_by_role("button", name="Undo")).to_have_count(0)


def test_it_checks_again_what_approving_will_do_and_shows_it_in_place(open_page, anna, flow) -> None:
    request = make_request(flow)
    foresee(request, "deleted_guest_blocks")
    page = open_page(anna)
    page.goto(address(request))
    page.get_by_text("Add a private note").click()
    page.get_by_label("Private note").first.fill("Typed before.")
    page.get_by_role("button", name="Check again").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Looking…")).to_be_focused()
    expect(page.locator("#forecast")).to_contain_text("A deleted guest blocks this address")

    workflow.record_forecast(request.pk, code="will_invite", facts={}, at=timezone.now())

    expect(page.locator("#forecast")).to_contain_text("Approving will invite", timeout=15_000)
    expect(page.get_by_role("button", name="Check again")).to_be_focused()
    expect(page.locator("#forecast [hx-trigger]")).to_have_count(0)
    expect(page.get_by_label("Private note").first).to_have_value("Typed before.")
    page.keyboard.press("Enter")
    expect(page.locator("#forecast")).to_contain_text("Foyer looked into the tenant a moment ago.")


def test_it_checks_again_without_javascript(open_page, anna, flow) -> None:
    request = make_request(flow)
    foresee(request, "will_invite")
    page = open_page(anna, java_script_enabled=False)
    page.goto(address(request))
    page.get_by_role("button", name="Check again").click()
    expect(page).to_have_url(re.compile("#forecast$"))
    expect(page.locator("#forecast")).to_contain_text("Looking…")
    workflow.record_forecast(request.pk, code="already_guest", facts={}, at=timezone.now())
    page.reload()
    expect(page.locator("#forecast")).to_contain_text("This person is already a guest")


@pytest.mark.parametrize("words", ["مهندسة", "مهندسة\nمريم"])
def test_it_starts_every_answer_beside_its_label(open_page, anna, flow, words) -> None:
    page = open_page(anna)
    page.goto(address(make_request(flow, jobTitle=words, companyName="Contoso")))
    open_everything(page)
    lefts = page.evaluate(
        """() => [".answers .text", ".claims td .text"].map(which => {
          const lefts = [...document.querySelectorAll(which)].map(text => {
            const range = document.createRange();
            range.selectNodeContents(text);
            return Math.round(Math.min(...[...range.getClientRects()].map(line => line.left)));
          });
          return Math.max(...lefts) - Math.min(...lefts);
        })"""
    )
    assert max(lefts) <= 12


def test_it_breaks_a_long_domain_at_its_dots(open_page, anna, flow) -> None:
    page = open_page(anna, viewport={"width": 360, "height": 800})
    page.goto(address(make_request(flow, email="anna@lamnahealthcare.example")))
    lines = page.evaluate(
        """() => {
          const dd = [...document.querySelectorAll(".facts dd")].find(dd => dd.textContent.startsWith("lamna"));
          const range = document.createRange();
          return [...dd.childNodes].filter(node => node.data).map(node => {
            range.selectNodeContents(node);
            return range.getClientRects().length;
          });
        }"""
    )
    assert lines == [1, 1]


def test_it_works_without_javascript(open_page, anna, flow) -> None:
    first = make_request(flow)
    page = open_page(anna, java_script_enabled=False)
    page.goto("/requests/?q=smith")
    expect(page.get_by_role("button", name="Keyboard shortcuts")).to_have_count(0)
    page.get_by_role("link", name="John Smith").click()
    expect(page.get_by_role("button", name="Copy the reference")).to_have_count(0)
    page.locator("#deny > summary").click()
    page.get_by_label("Reason for the applicant").fill("Please use your work address.")
    page.get_by_role("button", name="Preview the mail").click()
    expect(page.locator(".letter")).to_contain_text("Please use your work address.")
    page.get_by_role("button", name="Deny this request").click()
    expect(page.get_by_role("status")).to_contain_text("You denied John Smith.")
    assert SignUpRequest.objects.get(pk=first.pk).reason == "Please use your work address."
