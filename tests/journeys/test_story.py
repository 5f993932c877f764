"""From the sign-up page to the invitation in the inbox, approved by a click in Chromium, with a real worker."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.journeys.conftest import ON_SERVERS
from tests.journeys.stack import REVIEWER, Stack, eventually

pytestmark = pytest.mark.browser
APPLICANT = "maria.silva@fabrikam.example"
SECRETS = ("maria.silva", "fabrikam.example", "Silva", "Supplier of parts")


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """A fresh browser page."""
    context = chromium.new_context(locale="en-GB", timezone_id="Europe/Berlin")
    context.set_default_timeout(20_000)
    page = context.new_page()
    yield page
    print(page.url, page.locator("body").inner_text())  # noqa: T201 - pytest shows it when the journey ends early
    context.close()


@pytest.mark.parametrize("stack", ["embedded", pytest.param("servers", marks=ON_SERVERS)], indirect=True)
def test_a_person_signs_up_waits_is_approved_and_invited(stack: Stack, page: Page) -> None:
    stack.start_web()
    stack.start_worker()

    page.goto(f"{stack.simulator.pages_url}/signup/partners")
    sign_up(page)
    reference = re.search(r"[2-9A-Z]{3}-[2-9A-Z]{4}", page.locator("main").inner_text())
    assert reference, page.locator("main").inner_text()

    eventually(lambda: stack.simulator.mails(APPLICANT))
    eventually(lambda: stack.simulator.mails(REVIEWER))
    told = stack.simulator.mails(REVIEWER)[0]["text"]
    link = re.search(rf"{re.escape(stack.url)}/requests/\S+", told)
    assert link, told

    page.goto(link.group())
    page.get_by_label("User name").fill("anna")
    page.get_by_label("Password").fill(stack.keys.reviewers_password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Maria Silva").wait_for()
    page.get_by_role("button", name="Approve").first.click()
    page.get_by_text("approved", exact=False).first.wait_for()

    eventually(lambda: stack.the_request()["delivery"]["state"] == "done")
    approved = eventually(lambda: [m for m in stack.simulator.mails(APPLICANT) if "approved" in m["subject"].lower()])
    page.goto(f"{stack.url}/requests/{reference.group()}/")
    page.get_by_text("invited", exact=False).first.wait_for()

    redeem = re.search(rf"{re.escape(stack.simulator.pages_url)}\S*redeem\S*", approved[0]["text"])
    assert redeem, approved[0]["text"]
    page.goto(redeem.group())
    guest = next(user for user in stack.simulator.users() if user["mail"] == APPLICANT)
    assert guest["jobTitle"] == "Supplier of parts"

    logged = stack.log.read_text()
    assert "connector_call" in logged
    assert [secret for secret in SECRETS if secret in logged] == []
    assert stack.simulator.client_secret not in logged


def sign_up(page: Page) -> None:
    """Go through the pretend tenant's pages as an applicant."""
    page.get_by_label("Microsoft Entra ID", exact=False).check()
    page.get_by_label("address", exact=False).fill(APPLICANT)
    page.get_by_label("language", exact=False).select_option("en")
    page.get_by_role("button").filter(has_text=re.compile("continue|next|sign in", re.IGNORECASE)).click()
    page.get_by_label("Display name", exact=False).fill("Maria Silva")
    page.get_by_label("Job title", exact=False).fill("Supplier of parts")
    page.get_by_role("button").filter(has_text=re.compile("continue|create|sign up|submit", re.IGNORECASE)).click()
