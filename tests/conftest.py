"""The cast that all tests share."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest
from django.db import connection
from playwright.sync_api import Browser, sync_playwright
from pytest_django import DjangoDbBlocker

from accounts.models import User
from approvals.hints import partners
from approvals.models import UserFlow
from approvals.policy import in_force
from tests.factories import make_flow, make_user

pytest_plugins = ["tests.servers"]

# The files that take longest. They come first, so that no process is left alone with one of them at the end.
LONG = [
    "tests/accounts/provisioning/test_deaths.py",
    "tests/journeys/",
    "tests/ops/test_make_run.py",
    "tests/review/test_in_the_browser.py",
    "tests/ops/test_run_with_a_tenant.py",
]
CHROMIUM_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put long files first; the rest stays in its order."""
    items.sort(
        key=lambda item: next((place for place, name in enumerate(LONG) if item.nodeid.startswith(name)), len(LONG))
    )


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The test database, whose end does not wait for a session that some thread left open."""
    yield
    if connection.vendor == "postgresql":
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(f"{others} AND pid <> pg_backend_pid()")


@pytest.fixture(autouse=True)
def policies_read_anew() -> Iterator[None]:
    """No policy is remembered from another test, whose flow had the same key."""
    in_force.forget()
    yield
    in_force.forget()


@pytest.fixture(autouse=True)
def fresh_partners() -> None:
    """No test knows the partners and colleagues of the one before."""
    partners.forget()


@pytest.fixture
def flow(db: None) -> UserFlow:
    """The flow that anna and ben review; the default one."""
    return make_flow("partners", is_default=True)


@pytest.fixture
def anna(flow: UserFlow) -> User:
    """A reviewer of `flow`."""
    return make_user("anna", flows=(flow,), first_name="Anna", last_name="Berg")


@pytest.fixture
def ben(flow: UserFlow) -> User:
    """Another reviewer of `flow`."""
    return make_user("ben", flows=(flow,), first_name="Ben", last_name="Ito")


@pytest.fixture
def stranger(db: None) -> User:
    """Somebody with an account who reviews nothing."""
    return make_user("stranger")


@pytest.fixture
def admin(db: None) -> User:
    """An administrator."""
    return make_user("admin", admin=True)


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """What the process logs during the test, as the product's own handler writes it."""
    handler = next(h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    lines = io.StringIO()
    before = handler.setStream(lines)
    yield lines
    if before is not None:
        handler.setStream(before)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One headless Chromium for the run. Only tests marked `browser` may ask for it."""
    from tests import servers

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=servers.chromium(), args=CHROMIUM_SWITCHES)
        yield browser
        browser.close()
